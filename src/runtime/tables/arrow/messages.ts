import type * as arrow from 'apache-arrow'
import { corrupt } from '../faults.ts'
import type { TableFile } from '../file.ts'
import { type Block, checkMessage, readFooter, schemaFaults } from './metadata.ts'

/** One message of an Arrow file: its decoded head, and where its body lies. */
export interface ArrowMessage {
  readonly message: arrow.Message
  readonly bodyAt: number
  readonly bodyBytes: number
  /** Where the next message of a stream starts. */
  readonly end: number
}

const magicBytes = 8
const tailBytes = 10
const magic = 'ARROW1'

/** Reads the schema: of a file from its footer, which every writer puts it in, of a stream from its start. */
export async function readSchema(
  lib: typeof arrow,
  file: TableFile,
  stream: boolean,
): Promise<arrow.Schema> {
  if (stream) {
    const { message } = await readMessage(lib, file, 0, bytes =>
      refuseFaults(file, schemaFaults(bytes, 'message')),
    )
    if (!message.isSchema()) throw corrupt(file.name, 'it does not start with a schema')
    return message.header()
  }
  const bytes = await footerBytes(file)
  readFooter(bytes)
  refuseFaults(file, schemaFaults(bytes, 'footer'))
  const { Footer } = await import('apache-arrow/ipc/metadata/file')
  return Footer.decode(bytes).schema
}

function refuseFaults(file: TableFile, fault: string | undefined): void {
  if (fault !== undefined) throw corrupt(file.name, fault)
}

/** The dictionaries and record batches, in the order in which they must be read. */
export async function* messagesOf(
  lib: typeof arrow,
  file: TableFile,
  stream: boolean,
): AsyncGenerator<ArrowMessage> {
  if (!stream) {
    const { dictionaries, batches } = readFooter(await footerBytes(file))
    for (const block of [...dictionaries, ...batches]) yield await readBlock(lib, file, block)
    return
  }
  let at = (await readMessage(lib, file, 0)).end
  while (true) {
    if (at >= file.size) throw corrupt(file.name, 'the stream ends without its end mark')
    const end = await endMark(file, at)
    if (end !== undefined) {
      if (end < file.size)
        throw corrupt(file.name, `${file.size - end} bytes follow the end of the stream`)
      return
    }
    const message = await readMessage(lib, file, at)
    yield message
    at = message.end
  }
}

async function footerBytes(file: TableFile): Promise<Uint8Array> {
  const tail = await file.read(Math.max(0, file.size - tailBytes), Math.min(file.size, tailBytes))
  if (tail.length < tailBytes || tail.toString('latin1', 4) !== magic) {
    throw corrupt(file.name, 'it starts as an Arrow file but does not end as one; it is cut short')
  }
  const length = tail.readInt32LE(0)
  if (length <= 0 || length > Math.min(maxMetadataBytes, file.size - tailBytes - magicBytes)) {
    throw corrupt(file.name, `its footer claims ${length} bytes of ${file.size}`)
  }
  return await file.read(file.size - tailBytes - length, length)
}

async function readBlock(lib: typeof arrow, file: TableFile, block: Block): Promise<ArrowMessage> {
  const message = await readMessage(lib, file, block.offset)
  if (message.bodyBytes !== block.bodyBytes) {
    throw corrupt(
      file.name,
      `its footer says ${block.bodyBytes} bytes of a batch of ${message.bodyBytes}`,
    )
  }
  return message
}

const continuation = 0xffffffff

/** A schema or a list of buffers beyond this is none that anyone wrote. */
const maxMetadataBytes = 2 ** 28

/** Where the stream ends when its end mark stands at `at`. */
async function endMark(file: TableFile, at: number): Promise<number | undefined> {
  const head = await file.read(at, Math.min(8, file.size - at))
  if (head.length >= 4 && head.readUInt32LE(0) === 0) return at + 4
  if (head.length === 8 && head.readUInt32LE(0) === continuation && head.readUInt32LE(4) === 0)
    return at + 8
  return undefined
}

async function readMessage(
  lib: typeof arrow,
  file: TableFile,
  at: number,
  check: (bytes: Uint8Array) => void = () => {},
): Promise<ArrowMessage> {
  const head = await file.read(at, 8)
  // Files from before Arrow 0.15 have the length without the mark before it.
  const marked = head.readUInt32LE(0) === continuation
  const length = marked ? head.readInt32LE(4) : head.readInt32LE(0)
  const from = at + (marked ? 8 : 4)
  if (length <= 0 || length > maxMetadataBytes)
    throw corrupt(file.name, `a message at ${at} claims ${length} bytes of metadata`)
  const bytes = await file.read(from, length)
  checkMessage(bytes)
  check(bytes)
  const message = lib.Message.decode(bytes)
  const bodyAt = from + length
  const bodyBytes = message.bodyLength
  if (!(bodyBytes >= 0 && bodyAt + bodyBytes <= file.size)) {
    throw corrupt(
      file.name,
      `a message at ${at} claims a body of ${bodyBytes} bytes in a file of ${file.size}`,
    )
  }
  return { message, bodyAt, bodyBytes, end: bodyAt + bodyBytes }
}
