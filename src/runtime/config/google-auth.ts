import type { GoogleAuth, GoogleAuthOptions } from 'google-auth-library'

/** The credentials that Google's own tools use. Where there are none, asking for a token throws. */
export async function openGoogleAuth(options: GoogleAuthOptions): Promise<GoogleAuth> {
  const { GoogleAuth } = await import('google-auth-library')
  hushLookups()
  return new GoogleAuth(options)
}

let isHushed = false

/**
 * The library warns where it looks for a server of credentials in vain, as on every machine outside
 * Google's cloud; what is missing is told by an error of ours.
 */
function hushLookups(): void {
  if (isHushed) return
  isHushed = true
  const warn = process.emitWarning.bind(process) as (...said: readonly unknown[]) => void
  process.emitWarning = (...said: readonly unknown[]) => {
    if (said[1] !== 'MetadataLookupWarning') warn(...said)
  }
}
