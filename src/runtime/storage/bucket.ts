import { TaskqError } from '../queue/errors.ts'

/** A part of a bucket, as an address names it. */
export interface BucketAddress {
  readonly bucket: string
  /** The folder in the bucket; '' for all of it. */
  readonly folder: string
  /** The server, where the address names one: `s3://https://host/bucket/folder`. */
  readonly endpoint?: string
}

/** Reads `<scheme>://bucket/folder` or `<scheme>://https://host/bucket/folder`. Throws `invalid`. */
export function parseBucket(address: string, scheme: string): BucketAddress {
  const rest = address.slice(scheme.length + 1).replace(/^\/\//, '')
  const [, endpoint, path = rest] = /^(https?:\/\/[^/]+)\/(.*)$/i.exec(rest) ?? []
  const [, bucket, folder = ''] =
    /^([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])(?:\/(.*))?$/.exec(path) ?? []
  if (bucket === undefined)
    throw new TaskqError(
      'invalid',
      `${JSON.stringify(address)} names no bucket. Write it like ${scheme}://bucket/folder; a bucket's name has 3 or more small letters, digits, dots and dashes.`,
    )
  return { bucket, folder, ...(endpoint !== undefined && { endpoint }) }
}
