import type { S3Client, S3ServiceException } from '@aws-sdk/client-s3'
import { TaskqError } from '../queue/errors.ts'
import { parseBucket } from './bucket.ts'
import { below, checkedKey } from './key.ts'
import { eachOf } from './many.ts'
import { type OpenAt, openResuming } from './resuming.ts'
import { aborting, connectS3 } from './s3-client.ts'
import { upload } from './s3-upload.ts'
import type { OpenedFile, Store, StoreModule, StoreOptions } from './store.ts'

/** Amazon's object store, and all servers that speak its protocol. */
export const s3: StoreModule = {
  scheme: 's3',
  example: 's3://bucket/folder',
  needs: { package: '@aws-sdk/client-s3', version: '3' },
  open: async (address, options) => {
    const place = parseBucket(address, 's3')
    const sdk = await import('@aws-sdk/client-s3')
    return storeIn({ sdk, client: connectS3(sdk, place, options), place, options })
  },
}

interface Connection {
  readonly sdk: typeof import('@aws-sdk/client-s3')
  readonly client: S3Client
  readonly place: ReturnType<typeof parseBucket>
  readonly options: Required<StoreOptions>
}

/** Keys that one call to remove takes. */
const removedAtOnce = 1000

function storeIn({ sdk, client, place, options }: Connection): Store {
  const { bucket, folder } = place
  const url = `s3://${[place.endpoint, bucket, folder.replace(/\/$/, '')].filter(Boolean).join('/')}`
  const { nameOf, keyOf } = below(folder)
  const inBucket = (key: string) => ({ Bucket: bucket, Key: nameOf(checkedKey(key, url)) })
  const faulty = (cause: unknown) => faultOf(url, cause)

  const openAt = async (key: string, fromByte: number, version?: string, signal?: AbortSignal) => {
    try {
      const answer = await client.send(
        new sdk.GetObjectCommand({
          ...inBucket(key),
          ...(fromByte > 0 && { Range: `bytes=${fromByte}-` }),
          ...(version !== undefined && { IfMatch: version }),
        }),
        aborting(signal),
      )
      return {
        bytes: answer.ContentLength === undefined ? undefined : fromByte + answer.ContentLength,
        version: answer.ETag,
        body: answer.Body as unknown as AsyncIterable<Uint8Array>,
      } satisfies OpenedFile
    } catch (error) {
      if (isAbsence(error)) return undefined
      throw faulty(error)
    }
  }

  return {
    url,
    async *list({ prefix = '', signal } = {}) {
      let next: string | undefined
      do {
        const page = await client
          .send(
            new sdk.ListObjectsV2Command({
              ...{ Bucket: bucket, Prefix: nameOf(prefix), ContinuationToken: next },
            }),
            aborting(signal),
          )
          .catch(cause => Promise.reject(faulty(cause)))
        for (const { Key = '', Size } of page.Contents ?? [])
          if (!Key.endsWith('/'))
            yield { key: keyOf(Key), ...(Size !== undefined && { bytes: Size }) }
        next = page.NextContinuationToken
      } while (next !== undefined)
    },
    read(key, { fromByte = 0, signal } = {}) {
      const open: OpenAt = (at, version) => openAt(key, at, version, signal)
      return openResuming(open, fromByte, { name: `${url}/${key}`, ...options, signal })
    },
    async write(key, bytes, request = {}) {
      try {
        await upload({ sdk, client }, inBucket(key), bytes, request)
        return 'written'
      } catch (error) {
        if (request.when !== undefined && isRefusal(error)) return 'refused'
        throw faulty(error)
      }
    },
    has: (keys, { signal } = {}) =>
      eachOf(keys, async key => {
        try {
          await client.send(new sdk.HeadObjectCommand(inBucket(key)), aborting(signal))
          return true
        } catch (error) {
          if (isAbsence(error)) return false
          throw faulty(error)
        }
      }),
    async remove(keys, { signal } = {}) {
      const names = keys.map(key => ({ Key: inBucket(key).Key }))
      for (let at = 0; at < names.length; at += removedAtOnce) {
        const Objects = names.slice(at, at + removedAtOnce)
        const { Errors = [] } = await client
          .send(
            new sdk.DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
            aborting(signal),
          )
          .catch(cause => Promise.reject(faulty(cause)))
        const [first] = Errors
        if (first !== undefined)
          throw new TaskqError(
            first.Code === 'AccessDenied' ? 'invalid' : 'unavailable',
            `${Errors.length} of ${Objects.length} files in ${url} were not removed, the first is ${keyOf(first.Key ?? '')}: ${first.Message ?? first.Code}. Try again.`,
          )
      }
    },
  }
}

/** A version that is asked for and gone is absent, too. */
function isAbsence(error: unknown): boolean {
  const { name } = error as Partial<S3ServiceException>
  return name === 'NoSuchKey' || name === 'NotFound' || name === 'PreconditionFailed'
}

/** 412: the condition does not hold; 409: another writer was just as fast. */
function isRefusal(error: unknown): boolean {
  const status = (error as Partial<S3ServiceException>).$metadata?.httpStatusCode
  return status === 412 || status === 409
}

const advices: Readonly<Record<string, string>> = {
  NoSuchBucket: 'There is no such bucket. Make it, or correct its name.',
  AccessDenied: 'These credentials may not do that. Check the rights on the bucket.',
  CredentialsProviderError:
    'No credentials were found. Log in (aws configure), set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or put aws-secret.json into ~/.cloudvolume/secrets or the folder in CF_SECRETS_PATH.',
  InvalidAccessKeyId: 'The access key is not known there. Check the credentials.',
  SignatureDoesNotMatch: 'The secret key does not belong to the access key. Check the credentials.',
  ExpiredToken: 'The credentials have ended. Log in again.',
}

function faultOf(url: string, cause: unknown): unknown {
  if (cause instanceof TaskqError || !(cause instanceof Error)) return cause
  if (cause.name === 'AbortError') return cause
  const { name, message, $metadata } = cause as S3ServiceException
  const status = $metadata?.httpStatusCode
  const isFinal =
    Object.hasOwn(advices, name) ||
    (status !== undefined && status >= 400 && status < 500 && status !== 429 && status !== 408)
  const advice = Object.hasOwn(advices, name) ? advices[name] : 'Check the address and the network.'
  return new TaskqError(
    isFinal ? 'invalid' : 'unavailable',
    `${url} did not do what it was asked: ${message || name}. ${advice}`,
    { cause },
  )
}
