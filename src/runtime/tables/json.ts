import { isUtf8 } from 'node:buffer'
import { readRaw } from './exact.ts'
import { corrupt } from './faults.ts'
import type { TableFile } from './file.ts'
import { isRecord, type RawRecord, recordSource } from './records.ts'
import type { Source, TableLimits, TableOptions } from './table.ts'

/** Reads a JSON array of rows, rows line by line (NDJSON), or a task file `[{task_id, data}]` of either shape. */
export function openJson(
  file: TableFile,
  options: TableOptions & { readonly limits: TableLimits },
  shape: 'lines' | 'array',
): Promise<Source> {
  const split = shape === 'lines' ? lines : elements
  return recordSource(file, () => records(file, split(file, options.limits.cellBytes)), options)
}

async function* records(file: TableFile, texts: AsyncIterable<Buffer>): AsyncGenerator<RawRecord> {
  let row = 0
  for await (const bytes of texts) {
    row++
    if (!isUtf8(bytes)) throw corrupt(file.name, `row ${row} is not valid UTF-8`)
    const text = bytes.toString()
    let raw: unknown
    try {
      raw = readRaw(text, `row ${row}`)
    } catch (error) {
      if (row === 1 && text.trim() === '{') throw corrupt(file.name, oneObject, error)
      throw corrupt(file.name, error instanceof Error ? error.message : String(error), error)
    }
    if (!isRecord(raw)) {
      throw corrupt(
        file.name,
        `row ${row} is not an object: expected {"column": value}, got ${text.slice(0, 40)}`,
      )
    }
    yield raw
  }
}

const oneObject =
  'it is one object over several lines, and a row stands on one line; write an array of rows, [{"column": value}], or one row a line (pandas: df.to_json("t.ndjson", orient="records", lines=True))'

const newline = 10

async function* lines(file: TableFile, maxBytes: number): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  let first = true
  for await (const chunk of file.chunks()) {
    const bytes: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let from = first ? bomBytes(bytes) : 0
    first = false
    let search = Math.max(from, rest.length)
    while (true) {
      const end = bytes.indexOf(newline, search)
      if (end < 0) break
      const line = bytes.subarray(from, end)
      if (!isBlank(line)) yield line
      from = end + 1
      search = from
    }
    rest = bytes.subarray(from)
    if (rest.length > maxBytes) throw tooLong(file, rest.length, maxBytes)
  }
  if (!isBlank(rest)) yield rest
}

function bomBytes(bytes: Buffer): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
}

function isBlank(line: Buffer): boolean {
  for (const byte of line) if (byte > 32) return false
  return true
}

const quote = 34
const backslash = 92
const comma = 44
const openBracket = 91
const openBrace = 123
const closeBracket = 93
const closeBrace = 125

/** Cuts a JSON array into the texts of its elements without holding more than one of them. */
async function* elements(file: TableFile, maxBytes: number): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  let depth = 0
  let quoted = false
  let escaped = false
  let started = false
  let ended = false
  let some = false
  for await (const chunk of file.chunks()) {
    const scanned = rest.length
    const bytes: Buffer = scanned === 0 ? chunk : Buffer.concat([rest, chunk])
    let from = started || scanned > 0 ? 0 : bomBytes(bytes)
    for (let at = Math.max(scanned, from); at < bytes.length; at++) {
      const byte = bytes[at] as number
      if (quoted) {
        if (escaped) escaped = false
        else if (byte === backslash) escaped = true
        else if (byte === quote) quoted = false
        continue
      }
      if (byte <= 32) continue
      if (!started) {
        if (byte !== openBracket)
          throw corrupt(file.name, 'it is no array of rows: expected it to start with [')
        started = true
        depth = 1
        from = at + 1
        continue
      }
      if (ended) throw corrupt(file.name, 'something follows the end of its array')
      if (byte === quote) quoted = true
      else if (byte === openBracket || byte === openBrace) depth++
      else if (byte === closeBracket || byte === closeBrace) {
        depth--
        if (depth === 0) {
          const last = bytes.subarray(from, at)
          if (some || !isBlank(last)) yield last
          from = at + 1
          ended = true
        }
      } else if (byte === comma && depth === 1) {
        yield bytes.subarray(from, at)
        some = true
        from = at + 1
      }
    }
    rest = bytes.subarray(from)
    if (rest.length > maxBytes) throw tooLong(file, rest.length, maxBytes)
  }
  if (!ended) throw corrupt(file.name, 'its array does not end; it is cut short')
}

function tooLong(file: TableFile, length: number, maxBytes: number) {
  return corrupt(
    file.name,
    `a row of more than ${length} bytes is longer than ${maxBytes} (limits.cellBytes)`,
  )
}
