import { existsSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { quotedAddress } from '../queue/address.ts'
import { TaskqError } from '../queue/errors.ts'
import { storeModules } from '../storage/open.ts'
import { schemeOf } from '../storage/scheme.ts'
import { openArrow, refuseFeather1 } from './arrow.ts'
import { openCsv } from './csv.ts'
import { download } from './download.ts'
import { openFactory } from './factory.ts'
import { asCorrupt, corrupt, defaultLimits } from './faults.ts'
import { openFile, type TableFile } from './file.ts'
import { openJson } from './json.ts'
import { openParquet } from './parquet.ts'
import { tableOf } from './rows.ts'
import { fromSpool } from './spool.ts'
import type { Format, Source, Table, TableLimits, TableOptions } from './table.ts'
import { openYaml } from './yaml.ts'

type Known = TableOptions & { readonly limits: TableLimits }

const extensions: Readonly<Record<string, Format>> = {
  '.feather': 'arrow',
  '.arrow': 'arrow',
  '.ipc': 'arrow',
  '.arrows': 'arrow-stream',
  '.parquet': 'parquet',
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.json': 'json',
  '.yaml': 'yaml',
  '.yml': 'yaml',
  '.ts': 'typescript',
}

/**
 * Opens the table at a path (with or without its extension), or the address of a file (`file:`,
 * `https:`, `s3:`, `gs:`), and reads it to its end
 * before it answers: what cannot be decoded is an error here, never half-way through an insert.
 */
export async function openTable(pathOrUrl: string, options: TableOptions = {}): Promise<Table> {
  const known: Known = { ...options, limits: { ...defaultLimits, ...options.limits } }
  return tableOf(await sourceOf(pathOrUrl, known))
}

async function sourceOf(pathOrUrl: string, options: Known): Promise<Source> {
  const scheme = schemeOf(pathOrUrl)
  if (scheme === undefined) return await openPath(findPath(pathOrUrl), options)
  if (scheme === 'file') return await openPath(findPath(filePath(pathOrUrl)), options)
  if (!Object.hasOwn(storeModules, scheme)) {
    throw new TaskqError(
      'unsupported',
      `Tables are not read from ${scheme}: (${quotedAddress(pathOrUrl)}); give a path, or an address that begins with ${Object.keys(storeModules).join(':, ')}:.`,
    )
  }
  if (options.format === 'typescript') {
    throw new TaskqError(
      'unsupported',
      `A program is not run from ${quotedAddress(pathOrUrl)}; fetch it, read it, and give its path.`,
    )
  }
  const spooled = await download(pathOrUrl, options)
  return await fromSpool(spooled, path => openPath(path, options))
}

function filePath(url: string): string {
  try {
    return fileURLToPath(url)
  } catch (error) {
    throw new TaskqError('invalid', `${JSON.stringify(url)} is no file: URL; give a plain path.`, {
      cause: error,
    })
  }
}

/** The file of that name, or the one that has it with an extension. */
function findPath(path: string): string {
  if (existsSync(path) && !statSync(path).isDirectory()) return path
  const tried = Object.keys(extensions).map(extension => path + extension)
  const found = tried.filter(each => existsSync(each) && !statSync(each).isDirectory())
  const [only, another] = found
  if (only === undefined) {
    const isDirectory = existsSync(path)
    throw new TaskqError(
      'invalid',
      `There is no table ${JSON.stringify(path)}${isDirectory ? ', which is a directory' : ''}; tried also ${tried.map(each => basename(each)).join(', ')} beside it.`,
    )
  }
  if (another !== undefined) {
    throw new TaskqError(
      'invalid',
      `${JSON.stringify(path)} could be any of ${found.map(each => basename(each)).join(', ')}; give the extension.`,
    )
  }
  return only
}

async function openPath(path: string, options: Known): Promise<Source> {
  if ((options.format ?? formatOfName(path)) === 'typescript') {
    return await openFactory(path, options)
  }
  const file = await openFile(path)
  try {
    return await openBy(options.format ?? (await formatOf(path, file)), file, options)
  } catch (error) {
    await file.close()
    throw options.signal?.aborted === true ? error : asCorrupt(file.name, error)
  }
}

async function openBy(format: Format, file: TableFile, options: Known): Promise<Source> {
  switch (format) {
    case 'arrow':
      return await openArrow(file, options, false)
    case 'arrow-stream':
      return await openArrow(file, options, true)
    case 'parquet':
      return await openParquet(file, options)
    case 'csv':
      return await openCsv(file, options, ',')
    case 'tsv':
      return await openCsv(file, options, '\t')
    case 'ndjson':
      return await openJson(file, options, 'lines')
    case 'json':
      return await openJson(file, options, 'array')
    case 'yaml':
      return await openYaml(file, options)
    case 'typescript':
      throw corrupt(file.name, 'it is a program')
  }
}

function formatOfName(path: string): Format | undefined {
  const name = basename(path).toLowerCase()
  return extensions[name.slice(name.lastIndexOf('.'))]
}

/** The format by the first bytes where they tell, else by the extension. */
async function formatOf(path: string, file: TableFile): Promise<Format> {
  if (file.size === 0) throw corrupt(file.name, 'it is empty')
  const head = await file.read(0, Math.min(file.size, 4096))
  const magic = head.toString('latin1', 0, 6)
  if (magic === 'ARROW1') return 'arrow'
  if (magic.startsWith('PAR1')) return 'parquet'
  if (magic.startsWith('FEA1')) return refuseFeather1(file)
  if (head.length >= 8 && head.readUInt32LE(0) === 0xffffffff) return 'arrow-stream'
  const named = formatOfName(path)
  if (named === 'arrow' || named === 'parquet') {
    throw corrupt(file.name, `its name says ${named}, but its first bytes do not`)
  }
  const first = head
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart()[0]
  if (named === 'json' || named === 'ndjson') return first === '[' ? 'json' : 'ndjson'
  if (named !== undefined) return named
  if (first === '[') return 'json'
  if (first === '{') return 'ndjson'
  throw corrupt(
    file.name,
    `neither its contents nor its name say what it is; give it one of the extensions ${Object.keys(extensions).join(', ')}, or save it as one of these (pandas: df.to_feather('table.feather'))`,
  )
}
