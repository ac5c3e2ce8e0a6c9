import { isUtf8 } from 'node:buffer'
import { corrupt } from './faults.ts'
import type { TableFile } from './file.ts'
import { load } from './load.ts'
import { isRecord, type RawRecord, recordSource } from './records.ts'
import type { Source, TableLimits, TableOptions } from './table.ts'
import { floatOf, integerOf, type Raw } from './values.ts'

/** Reads a YAML list of rows or a task file `[{task_id, data}]`, by the core schema: no tags run anything. */
export async function openYaml(
  file: TableFile,
  options: TableOptions & { readonly limits: TableLimits },
): Promise<Source> {
  const records = await parse(file, options.limits.wholeFileBytes)
  return await recordSource(
    file,
    async function* () {
      yield* records
    },
    options,
  )
}

/** How often a document may use its anchors; beyond it is a file made to fill memory. */
const maxAliases = 100

async function parse(file: TableFile, maxBytes: number): Promise<readonly RawRecord[]> {
  if (file.size > maxBytes) {
    throw corrupt(
      file.name,
      `YAML must be read whole, and ${file.size} bytes are more than ${maxBytes} (limits.wholeFileBytes); convert it to NDJSON`,
    )
  }
  const yaml = await load(() => import('yaml'), '.yaml', 'yaml@^2.9.1')
  const bytes = await file.read(0, file.size)
  if (!isUtf8(bytes)) throw corrupt(file.name, 'it is not valid UTF-8')
  const documents = yaml.parseAllDocuments(bytes.toString(), {
    schema: 'core',
    version: '1.2',
    intAsBigInt: true,
    uniqueKeys: true,
  })
  if (!Array.isArray(documents) || documents.length !== 1)
    throw corrupt(file.name, 'it must hold one document: a list of rows')
  const [document] = documents
  const [fault] = [...(document?.errors ?? []), ...(document?.warnings ?? [])]
  if (fault !== undefined) throw corrupt(file.name, fault.message, fault)
  let rows: unknown
  try {
    rows = document?.toJS({ maxAliasCount: maxAliases })
  } catch (error) {
    throw corrupt(file.name, error instanceof Error ? error.message : String(error), error)
  }
  if (!Array.isArray(rows))
    throw corrupt(file.name, 'it is no list of rows: expected each row to start with "- "')
  return rows.map((row: unknown, i) => {
    const raw = rawOf(row)
    if (!isRecord(raw))
      throw corrupt(file.name, `row ${i + 1} is not a mapping of columns to values`)
    return raw
  })
}

function rawOf(value: unknown): Raw {
  switch (typeof value) {
    case 'bigint':
      return integerOf(value)
    case 'number':
      return floatOf(value)
    case 'string':
    case 'boolean':
      return value
    default: {
      if (value === null || value === undefined) return null
      if (Array.isArray(value)) return value.map(rawOf)
      const object: Record<string, Raw> = Object.create(null)
      for (const [name, item] of Object.entries(value)) object[name] = rawOf(item)
      return object
    }
  }
}
