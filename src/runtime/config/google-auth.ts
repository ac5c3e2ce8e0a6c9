import type { GoogleAuth, GoogleAuthOptions } from 'google-auth-library'

/** The credentials that Google's own tools use. Where there are none, asking for a token throws. */
export async function openGoogleAuth(options: GoogleAuthOptions): Promise<GoogleAuth> {
  const { GoogleAuth } = await import('google-auth-library')
  hushMetadataLookups()
  return new GoogleAuth(options)
}

let isHushed = false

/**
 * Holds back what Google's libraries warn of where they look for a server of credentials in vain, as on
 * every machine outside Google's cloud; what is missing is told by an error of ours.
 */
export function hushMetadataLookups(): void {
  if (isHushed) return
  isHushed = true
  const warn = process.emitWarning.bind(process) as (...said: readonly unknown[]) => void
  process.emitWarning = (...said: readonly unknown[]) => {
    if (said[1] !== 'MetadataLookupWarning') warn(...said)
  }
}
