import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { basename } from 'node:path'
import { promisify } from 'node:util'
import { TaskqError } from '../queue/errors.ts'
import { corrupt } from './faults.ts'

/** A file held open from the first pass to the end of the last, so that both read the same bytes. */
export interface TableFile {
  /** What errors call it. */
  readonly name: string
  readonly size: number
  /** The bytes from `position`; refuses a range that is not wholly inside the file. */
  read(
    position: number,
    length: number,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Buffer<ArrayBuffer>>
  /** The whole file in order. */
  chunks(): AsyncIterable<Buffer<ArrayBuffer>>
  /** Rejects when size or time of the file are no longer those of the first pass. */
  checkUnchanged(): Promise<void>
  /** SHA-256 of the bytes, in hexadecimal. */
  fingerprint(): Promise<string>
  close(): Promise<void>
}

/** Opens a regular file for reading; `name` defaults to the last part of the path. */
export async function openFile(path: string, name = basename(path)): Promise<TableFile> {
  const descriptor = await openDescriptor(path, name)
  try {
    return await fileOf(descriptor, path, name)
  } catch (error) {
    await close(descriptor)
    throw error
  }
}

// Plain descriptors: a FileHandle that its owner forgot to close ends the whole process when it is collected.
const open = promisify(fs.open)
const readInto = promisify(fs.read)
const stat = promisify(fs.fstat)
const close = promisify(fs.close)

async function openDescriptor(path: string, name: string): Promise<number> {
  try {
    // Without O_NONBLOCK a named pipe would be waited for before it can be refused.
    return await open(path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0))
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    const what = missing
      ? `There is no file ${JSON.stringify(path)}; check the path, which is taken from the directory you are in`
      : `${name} cannot be opened; check that you may read it`
    throw new TaskqError('invalid', `${what}.`, { cause: error })
  }
}

async function fileOf(descriptor: number, path: string, name: string): Promise<TableFile> {
  const first = await stat(descriptor, { bigint: true })
  if (!first.isFile()) {
    throw new TaskqError(
      'invalid',
      `${JSON.stringify(path)} is not a regular file; a table is read twice, so save it to a file first.`,
    )
  }
  const size = Number(first.size)
  const read = async (position: number, length: number, into?: Uint8Array<ArrayBuffer>) => {
    if (!(position >= 0 && length >= 0 && position + length <= size)) {
      throw corrupt(name, `it speaks of ${length} bytes at ${position}, but is ${size} bytes long`)
    }
    const bytes =
      into === undefined
        ? Buffer.allocUnsafeSlow(length)
        : Buffer.from(into.buffer, into.byteOffset, length)
    let filled = 0
    while (filled < length) {
      const { bytesRead } = await readInto(
        descriptor,
        bytes,
        filled,
        length - filled,
        position + filled,
      )
      if (bytesRead === 0) throw changed(name)
      filled += bytesRead
    }
    return bytes
  }
  const chunks = async function* () {
    const step = 2 ** 20
    for (let at = 0; at < size; at += step) yield await read(at, Math.min(step, size - at))
  }
  let closed: Promise<void> | undefined
  return {
    name,
    size,
    read,
    chunks,
    async checkUnchanged() {
      const now = await stat(descriptor, { bigint: true })
      if (now.size !== first.size || now.mtimeNs !== first.mtimeNs) throw changed(name)
    },
    async fingerprint() {
      const hash = createHash('sha256')
      for await (const chunk of chunks()) hash.update(chunk)
      return hash.digest('hex')
    },
    close() {
      closed ??= close(descriptor)
      return closed
    },
  }
}

function changed(name: string): TaskqError {
  return new TaskqError(
    'invalid',
    `${name} changed while it was being read; wait until it is written, then start again.`,
  )
}
