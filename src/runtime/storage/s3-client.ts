import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import { TaskqError } from '../queue/errors.ts'
import type { BucketAddress } from './bucket.ts'
import { readSecret } from './secrets.ts'
import type { StoreOptions } from './store.ts'

const connectionMilliseconds = 10_000

/** A client for the bucket: credentials from a CloudFiles secret file where there is one, else the SDK's own chain. */
export function connectS3(
  sdk: typeof import('@aws-sdk/client-s3'),
  { bucket, endpoint: named }: BucketAddress,
  { env, tries, silenceSeconds }: Required<StoreOptions>,
): S3Client {
  const secret = readSecret('aws-secret.json', bucket, env)
  const keys =
    secret ?? (env['AWS_ACCESS_KEY_ID'] ? { path: 'The environment', values: env } : undefined)
  const endpoint = named ?? env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL']
  const region =
    textIn(secret?.values, 'AWS_DEFAULT_REGION') ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION']
  const config: S3ClientConfig = {
    maxAttempts: tries,
    // Without these the SDK waits for ever on a server that takes a connection and says nothing.
    requestHandler: {
      connectionTimeout: connectionMilliseconds,
      socketTimeout: silenceSeconds * 1000,
    },
    region: region ?? 'us-east-1',
    followRegionRedirects: true,
    // Other servers rarely have a name for every bucket.
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(keys !== undefined && { credentials: credentialsIn(keys) }),
    // Sums beyond those that are required are unknown to many compatible servers.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  }
  return new sdk.S3Client(config)
}

function credentialsIn({
  path,
  values,
}: {
  readonly path: string
  readonly values: Readonly<Record<string, unknown>>
}): NonNullable<S3ClientConfig['credentials']> {
  const accessKeyId = textIn(values, 'AWS_ACCESS_KEY_ID')
  const secretAccessKey = textIn(values, 'AWS_SECRET_ACCESS_KEY')
  const sessionToken = textIn(values, 'AWS_SESSION_TOKEN')
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new TaskqError(
      'invalid',
      `${path} holds no AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY. Add what is missing, or take both away to use the credentials of your AWS profile.`,
    )
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) }
}

function textIn(
  values: Readonly<Record<string, unknown>> | undefined,
  name: string,
): string | undefined {
  const value = values?.[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** What a call takes beside its command. */
export function aborting(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal }
}
