import { randomUUID } from 'node:crypto'
import type { Dirent } from 'node:fs'
import * as fs from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { TaskqError } from '../queue/errors.ts'
import { checkedKey, unfinished } from './key.ts'
import { eachOf } from './many.ts'
import { chunksOf } from './pieces.ts'
import { schemeOf } from './scheme.ts'
import type {
  Bytes,
  ListRequest,
  OpenedFile,
  Store,
  StoredFile,
  StoreModule,
  WriteAnswer,
  WriteRequest,
} from './store.ts'

/** A folder of this machine, or one that is mounted on it. */
export const file: StoreModule = {
  scheme: 'file',
  example: 'file:///data/results',
  open: async address => storeIn(folderOf(address)),
}

function storeIn(root: string): Store {
  const url = `file://${root}`
  const pathOf = async (key: string) => {
    const path = join(root, checkedKey(key, url))
    await refuseOutside(root, path)
    return path
  }
  return {
    url,
    list: (request = {}) => listIn(root, request),
    read: async (key, { fromByte = 0 } = {}) => await readFrom(await pathOf(key), fromByte),
    write: async (key, bytes, request = {}) => await writeTo(await pathOf(key), bytes, request),
    has: async keys => await eachOf(keys, async key => await isFile(await pathOf(key))),
    async remove(keys) {
      await eachOf(keys, async key => await removeAt(await pathOf(key)))
    },
  }
}

function folderOf(address: string): string {
  if (schemeOf(address) === undefined) return resolve(address)
  // What follows file:// is a path as people write it: spaces and per cent signs may stand in it.
  const path = /^file:\/\/(\/.*)$/i.exec(address)?.[1]
  if (path !== undefined) return resolve(path)
  throw new TaskqError(
    'invalid',
    `${JSON.stringify(address)} names no folder; write file:///data/results, with three slashes.`,
  )
}

/** A symbolic link inside the folder may not lead out of it. */
async function refuseOutside(root: string, path: string): Promise<void> {
  const home = await realpathOf(root)
  const real = await realpathOf(path)
  if (real.startsWith(home.endsWith(sep) ? home : home + sep)) return
  throw new TaskqError(
    'invalid',
    `${path} leads out of ${root} by a symbolic link. Take the link away, or name the folder it leads to as the store.`,
  )
}

/** The real path of what is there of `path`, with the rest as it is written. */
async function realpathOf(path: string): Promise<string> {
  try {
    return await fs.realpath(path)
  } catch (error) {
    const parent = dirname(path)
    if (parent === path || !isAbsence(error)) throw faultOf(path, error)
    return join(await realpathOf(parent), path.slice(parent.length))
  }
}

/** Entries that are read from the system in one go. */
const entriesAtOnce = 4096

async function* listIn(
  root: string,
  { prefix = '', signal }: ListRequest,
): AsyncGenerator<StoredFile> {
  if (prefix !== '') checkedKey(prefix.replace(/\/$/, ''), `file://${root}`)
  const waiting = [prefix.slice(0, prefix.lastIndexOf('/') + 1)]
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for await (const entry of await entriesOf(join(root, folder))) {
      signal?.throwIfAborted()
      const key = folder + entry.name
      if (entry.isDirectory()) waiting.push(`${key}/`)
      else if (key.startsWith(prefix) && !entry.name.startsWith(unfinished)) yield { key }
    }
  }
}

async function entriesOf(folder: string): Promise<AsyncIterable<Dirent> | readonly Dirent[]> {
  try {
    return await fs.opendir(folder, { bufferSize: entriesAtOnce })
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw faultOf(folder, error)
  }
}

async function readFrom(path: string, fromByte: number): Promise<OpenedFile | undefined> {
  try {
    if (!(await isFile(path))) return undefined
    const handle = await fs.open(path)
    const { size, mtimeNs, ino } = await handle.stat({ bigint: true })
    const body = handle.createReadStream({ start: fromByte })
    return { bytes: Number(size), version: `${mtimeNs}-${size}-${ino}`, body }
  } catch (error) {
    if (isAbsence(error)) return undefined
    throw faultOf(path, error)
  }
}

async function writeTo(path: string, bytes: Bytes, request: WriteRequest): Promise<WriteAnswer> {
  const { when, signal } = request
  if (typeof when === 'object')
    throw new TaskqError(
      'unsupported',
      `${path} cannot be replaced by version: folders do not know versions. Use when: 'absent', or a store in a bucket.`,
    )
  const parent = dirname(path)
  const begun = join(parent, unfinished + randomUUID())
  try {
    await fs.mkdir(parent, { recursive: true })
    await fill(begun, bytes, signal)
    if (when === 'absent') await fs.link(begun, path)
    else await fs.rename(begun, path)
    await syncFolder(parent)
    return 'written'
  } catch (error) {
    if (when === 'absent' && codeOf(error) === 'EEXIST') return 'refused'
    throw faultOf(path, error)
  } finally {
    await removeAt(begun)
  }
}

async function fill(path: string, bytes: Bytes, signal: AbortSignal | undefined): Promise<void> {
  const handle = await fs.open(path, 'wx', 0o666)
  try {
    for await (const chunk of chunksOf(bytes)) {
      signal?.throwIfAborted()
      await handle.writeFile(chunk)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Only then does the new name survive a power cut. */
async function syncFolder(path: string): Promise<void> {
  const handle = await fs.open(path)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function removeAt(path: string): Promise<void> {
  try {
    await fs.rm(path, { force: true })
  } catch (error) {
    if (!isAbsence(error)) throw faultOf(path, error)
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await fs.stat(path)).isFile()
  } catch (error) {
    if (isAbsence(error)) return false
    throw faultOf(path, error)
  }
}

function isAbsence(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR'
}

/** Faults that another try may not meet again. */
const passing: readonly string[] = ['EIO', 'ENOSPC', 'EDQUOT', 'ESTALE', 'EMFILE', 'ETIMEDOUT']

function faultOf(path: string, cause: unknown): unknown {
  const code = codeOf(cause)
  if (!(cause instanceof Error) || cause instanceof TaskqError || code === undefined) return cause
  const advice = passing.includes(code)
    ? 'Look after the disk, then try again.'
    : 'Check that it is a folder or file you may read and write.'
  return new TaskqError(
    passing.includes(code) ? 'unavailable' : 'invalid',
    `${path} cannot be used: ${cause.message}. ${advice}`,
    { cause },
  )
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined
}
