import { quotedAddress } from '../queue/address.ts'
import { TaskqError } from '../queue/errors.ts'
import { checkedKey } from './key.ts'

/** A part of a bucket, as an address names it. */
export interface BucketAddress {
  readonly bucket: string
  /** The folder in the bucket; '' for all of it. */
  readonly folder: string
  /** The server, where the address names one: `s3://https://host/bucket/folder`. */
  readonly endpoint?: string
}

/** What stands before the server's name in an address is a login, which has no place there. */
export function refuseLogin(address: string): void {
  const shown = address.replace(/^([a-z0-9]+:(?:\/\/)?(?:https?:\/\/)?)[^/]*@/i, '$1...@')
  if (shown === address) return
  throw new TaskqError(
    'invalid',
    `${JSON.stringify(shown)} holds a login. Take it out, and give credentials as the service has them (docs/storage.md).`,
  )
}

/** Reads `<scheme>://bucket/folder` or `<scheme>://https://host/bucket/folder`. Throws `invalid`. */
export function parseBucket(address: string, scheme: string): BucketAddress {
  refuseLogin(address)
  const rest = address.slice(scheme.length + 1).replace(/^\/\//, '')
  const [, endpoint, path = rest] = /^(https?:\/\/[^/]+)\/(.*)$/i.exec(rest) ?? []
  const [, bucket, folder = ''] =
    /^([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])(?:\/(.*))?$/.exec(path) ?? []
  if (bucket === undefined)
    throw new TaskqError(
      'invalid',
      `${quotedAddress(address)} names no bucket. Write it like ${scheme}://bucket/folder; a bucket's name has 3 or more small letters, digits, dots and dashes.`,
    )
  const inner = folder.replaceAll(/^\/+|\/+$/g, '')
  if (inner !== '') checkedKey(inner, `${scheme}://${bucket}`)
  return { bucket, folder, ...(endpoint !== undefined && { endpoint }) }
}
