import type { GsClient } from './gs-client.ts'
import { piecesOf } from './pieces.ts'
import type { Bytes, WriteAnswer, WriteRequest } from './store.ts'

/** The service takes multiples of 256 KiB. */
const pieceBytes = 8 * 2 ** 20

/** Writes a file in one call where it is small, else piece by piece; it becomes visible whole. */
export async function upload(
  client: GsClient,
  { bucket, name }: { readonly bucket: string; readonly name: string },
  bytes: Bytes,
  { when, contentType = 'application/octet-stream', signal }: WriteRequest,
): Promise<WriteAnswer> {
  const generation = when === 'absent' ? '0' : when?.version
  const asking = { name, fields: 'name', ...(generation && { ifGenerationMatch: generation }) }
  const path = `/upload/storage/v1/b/${bucket}/o`
  const headers = { 'content-type': contentType }
  const common = { method: 'POST', path, signal, absent: [412] } as const
  const pieces = piecesOf(bytes, pieceBytes)
  const { value: first = Buffer.alloc(0) } = await pieces.next()
  const second = await pieces.next()
  if (second.done) {
    const query = { ...asking, uploadType: 'media' }
    return answerOf(await client.call({ ...common, query, headers, body: first }))
  }
  const begun = await client.call({
    ...common,
    query: { ...asking, uploadType: 'resumable' },
    headers,
  })
  const place = begun?.headers.get('location') ?? undefined
  await begun?.body?.cancel()
  if (place === undefined) return 'refused'
  return await sendPieces(client, place, andThen([first, second.value], pieces), signal)
}

async function* andThen(
  begin: readonly Buffer<ArrayBuffer>[],
  rest: AsyncIterable<Buffer<ArrayBuffer>>,
): AsyncGenerator<Buffer<ArrayBuffer>> {
  yield* begin
  yield* rest
}

/** The last piece names the length of the whole; before it the service answers 308. */
async function sendPieces(
  client: GsClient,
  place: string,
  pieces: AsyncIterable<Buffer<ArrayBuffer>>,
  signal: AbortSignal | undefined,
): Promise<WriteAnswer> {
  let [at, held] = [0, undefined as Buffer<ArrayBuffer> | undefined]
  const send = (body: Buffer<ArrayBuffer>, isLast: boolean) => {
    const end = at + body.length
    const range = body.length === 0 ? '*' : `${at}-${end - 1}`
    const headers = { 'content-range': `bytes ${range}/${isLast ? end : '*'}` }
    at = end
    const accepted = isLast ? [] : [308]
    return client.call({
      method: 'PUT',
      path: place,
      headers,
      body,
      signal,
      accepted,
      absent: [412],
    })
  }
  try {
    for await (const piece of pieces) {
      if (held !== undefined) await (await send(held, false))?.body?.cancel()
      held = piece
    }
    return answerOf(await send(held ?? Buffer.alloc(0), true))
  } catch (error) {
    await client
      .call({ method: 'DELETE', path: place, accepted: [499, 404] })
      .catch(() => undefined)
    throw error
  }
}

async function answerOf(answer: Response | undefined): Promise<WriteAnswer> {
  await answer?.body?.cancel()
  return answer === undefined ? 'refused' : 'written'
}
