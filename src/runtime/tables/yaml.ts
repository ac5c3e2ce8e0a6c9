import { isUtf8 } from 'node:buffer'
import type { Document } from 'yaml'
import { corrupt, tooDeep } from './faults.ts'
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

type Yaml = typeof import('yaml')

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
  const text = bytes.toString()
  checkTokens(file.name, text, yaml)
  const documents = yaml.parseAllDocuments(text, {
    schema: 'core',
    version: '1.2',
    intAsBigInt: true,
    // Else `!!omap` and `!!binary` make objects that are no JSON, and a key may be a list.
    resolveKnownTags: false,
    stringKeys: true,
    // Compares every key of a mapping with every other; `checkKeys` takes one look at each.
    uniqueKeys: false,
  })
  if (!Array.isArray(documents) || documents.length !== 1)
    throw corrupt(file.name, 'it must hold one document: a list of rows')
  const [document] = documents
  const [fault] = [...(document?.errors ?? []), ...(document?.warnings ?? [])]
  // The parser calls itself for each level, and tells so of a fault like any other.
  if (fault?.message.includes('call stack')) throw tooDeep(file.name, fault)
  if (fault !== undefined) throw corrupt(file.name, fault.message, fault)
  if (document !== undefined) checkKeys(file.name, document, yaml)
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

/** More names, values and marks than this take more than a gigabyte once they are parsed. */
const maxTokens = 2 ** 21

/** Refuses a text of which the parser would make more than there may be memory for. */
function checkTokens(name: string, text: string, { Lexer }: Yaml): void {
  if (text.length <= maxTokens) return
  let tokens = 0
  for (const token of new Lexer().lex(text)) {
    if (token.startsWith(' ') || ++tokens <= maxTokens) continue
    throw corrupt(
      name,
      `it holds more than ${maxTokens} names, values and marks, too many for YAML, which must be read whole; convert it to NDJSON`,
    )
  }
}

/** Refuses a mapping that has a key twice, and merge keys, which the core schema takes for plain ones. */
function checkKeys(name: string, document: Document, { isScalar, visit }: Yaml): void {
  visit(document, {
    Map(_, { items }) {
      const keys = new Set<unknown>()
      for (const { key } of items) {
        if (!isScalar(key)) continue
        if (keys.has(key.value))
          throw corrupt(
            name,
            `the key ${JSON.stringify(key.value)} stands twice in one mapping, and keys must be unique`,
          )
        if (key.value === '<<' && key.type === 'PLAIN')
          throw corrupt(
            name,
            'it has a merge key (<<), which YAML 1.2 does not know; write the keys out in each row',
          )
        keys.add(key.value)
      }
    },
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
