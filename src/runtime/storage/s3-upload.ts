import type { PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3'
import { piecesOf } from './pieces.ts'
import { aborting } from './s3-client.ts'
import type { Bytes, WriteRequest } from './store.ts'

interface Service {
  readonly sdk: typeof import('@aws-sdk/client-s3')
  readonly client: S3Client
}

type Place = Required<Pick<PutObjectCommandInput, 'Bucket' | 'Key'>>

/** At least 5 MiB and at most 10,000 pieces: a file of up to 78 GiB. */
const pieceBytes = 8 * 2 ** 20

/** Writes a file in one call where it is small, else in parts that become visible together. */
export async function upload(
  { sdk, client }: Service,
  place: Place,
  bytes: Bytes,
  { when, contentType, signal }: WriteRequest,
): Promise<void> {
  const condition =
    when === undefined ? {} : when === 'absent' ? { IfNoneMatch: '*' } : { IfMatch: when.version }
  const kept = contentType === undefined ? {} : { ContentType: contentType }
  const sending = aborting(signal)
  const pieces = piecesOf(bytes, pieceBytes)
  const { value: first = Buffer.alloc(0) } = await pieces.next()
  const second = await pieces.next()
  if (second.done) {
    const put = { ...place, ...condition, ...kept, Body: first }
    await client.send(new sdk.PutObjectCommand(put), sending)
    return
  }
  const begun = await client.send(
    new sdk.CreateMultipartUploadCommand({ ...place, ...kept }),
    sending,
  )
  const upload = { ...place, UploadId: begun.UploadId }
  try {
    const parts: { readonly PartNumber: number; readonly ETag: string | undefined }[] = []
    const send = async (Body: Buffer) => {
      const part = { ...upload, PartNumber: parts.length + 1, Body }
      const { ETag } = await client.send(new sdk.UploadPartCommand(part), sending)
      parts.push({ PartNumber: part.PartNumber, ETag })
    }
    await send(first)
    await send(second.value)
    for await (const piece of pieces) await send(piece)
    const whole = { ...upload, ...condition, MultipartUpload: { Parts: parts } }
    await client.send(new sdk.CompleteMultipartUploadCommand(whole), sending)
  } catch (error) {
    // Parts that nobody completes are kept and paid for.
    await client.send(new sdk.AbortMultipartUploadCommand(upload)).catch(() => undefined)
    throw error
  }
}
