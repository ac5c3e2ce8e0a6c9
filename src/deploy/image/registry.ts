import { objectOf } from '../kube/api.ts'
import { type ImageReference, isGoogles, parseImage } from './reference.ts'

/** What a registry says of an image. */
export type ImageLook =
  | { readonly kind: 'found'; readonly digest: string; readonly platforms: readonly string[] }
  | { readonly kind: 'missing' }
  /** It may be private, or the registry away: pods may still be able to read it. */
  | { readonly kind: 'unknown'; readonly why: string }

/** How a registry is asked. */
export interface RegistryAccess {
  readonly fetch: typeof fetch
  /** A token of Google's for registries of Google's. */
  readonly googleToken: () => Promise<string>
  readonly signal: AbortSignal
}

/** Looks an image up in its registry: its digest, and the platforms it is for. */
export async function lookUpImage(name: string, access: RegistryAccess): Promise<ImageLook> {
  const image = parseImage(name)
  try {
    return await lookUp(image, access)
  } catch (error) {
    access.signal.throwIfAborted()
    return { kind: 'unknown', why: error instanceof Error ? error.message : String(error) }
  }
}

const KINDS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

async function lookUp(image: ImageReference, access: RegistryAccess): Promise<ImageLook> {
  const path = `manifests/${image.digest ?? image.tag}`
  const { response, authorization } = await ask(image, path, access)
  if (response.status === 404) return { kind: 'missing' }
  if (!response.ok) {
    return {
      kind: 'unknown',
      why: `${image.host} answers ${response.status}; the image may be private`,
    }
  }
  const manifest = objectOf(await response.json())
  const digest = response.headers.get('docker-content-digest') ?? image.digest ?? ''
  const list: unknown = manifest['manifests']
  if (Array.isArray(list)) {
    const platforms = list.map(each => platformOf(objectOf(objectOf(each)['platform'])))
    return { kind: 'found', digest, platforms: platforms.filter(each => !each.includes('unknown')) }
  }
  const blob = `blobs/${String(objectOf(manifest['config'])['digest'])}`
  const config = await ask(image, blob, access, authorization)
  if (!config.response.ok) return { kind: 'found', digest, platforms: [] }
  return { kind: 'found', digest, platforms: [platformOf(objectOf(await config.response.json()))] }
}

function platformOf(platform: Readonly<Record<string, unknown>>): string {
  return `${String(platform['os'])}/${String(platform['architecture'])}`
}

async function ask(
  image: ImageReference,
  path: string,
  access: RegistryAccess,
  known?: string,
): Promise<{ readonly response: Response; readonly authorization?: string }> {
  // As docker has it: a registry on this machine needs no certificate.
  const scheme = /^(localhost|127\.0\.0\.1)(:|$)/.test(image.host) ? 'http' : 'https'
  const url = `${scheme}://${image.host}/v2/${image.repository}/${path}`
  const send = (authorization: string | undefined) =>
    access.fetch(url, {
      headers: { accept: KINDS, ...(authorization && { authorization }) },
      signal: access.signal,
    })
  const response = await send(known)
  if (response.status !== 401 || known !== undefined) {
    return { response, ...(known !== undefined && { authorization: known }) }
  }
  const authorization = await authorize(
    image,
    response.headers.get('www-authenticate') ?? '',
    access,
  )
  return { response: await send(authorization), authorization }
}

/** Follows a registry's challenge; anonymous but for registries of Google's. */
async function authorize(
  image: ImageReference,
  challenge: string,
  { fetch, googleToken, signal }: RegistryAccess,
): Promise<string> {
  const basic = isGoogles(image)
    ? `Basic ${Buffer.from(`oauth2accesstoken:${await googleToken()}`).toString('base64')}`
    : undefined
  const fields = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  )
  if (fields['realm'] === undefined) return basic ?? ''
  const url = new URL(fields['realm'])
  url.searchParams.set('service', fields['service'] ?? '')
  url.searchParams.set('scope', `repository:${image.repository}:pull`)
  const response = await fetch(url, { headers: { ...(basic && { authorization: basic }) }, signal })
  const answer = objectOf(await response.json())
  return `Bearer ${String(answer['token'] ?? answer['access_token'])}`
}
