import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openTable } from '../../src/runtime/tables/open.ts'
import type { Row, Table, TableOptions } from '../../src/runtime/tables/table.ts'

/** A file of these contents, gone when the test is over. */
export function fileOf(name: string, contents: string | Uint8Array): string {
  const directory = mkdtempSync(join(tmpdir(), 'taskq-tables-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, name)
  writeFileSync(path, contents)
  return path
}

/** The table of these contents, closed when the test is over. */
export async function tableIn(
  name: string,
  contents: string | Uint8Array,
  options?: TableOptions,
): Promise<Table> {
  const table = await openTable(fileOf(name, contents), options)
  onTestFinished(() => table.close())
  return table
}

/** The JSON text of every row. */
export async function jsonOfTable(table: Table): Promise<string[]> {
  const texts: string[] = []
  for await (const batch of table.batches()) texts.push(...batch.json())
  return texts
}

/** Every row as an object. */
export async function rowsOfTable(table: Table): Promise<Row[]> {
  const rows: Row[] = []
  for await (const row of table) rows.push(row)
  return rows
}

/** Parses JSON with every integer beyond 2^53 as a bigint. */
export function exact(text: string): Record<string, unknown> {
  return JSON.parse(text, (_key, value, context?: { source?: string }) =>
    typeof value === 'number' &&
    !Number.isSafeInteger(value) &&
    /^-?\d+$/.test(context?.source ?? '')
      ? BigInt(context?.source ?? '0')
      : value,
  ) as Record<string, unknown>
}

/** JSON text that is equal for equal values, bigints as their digits. */
export function exactText(value: unknown): string {
  return JSON.stringify(value, (_key, inner) =>
    typeof inner === 'bigint' ? { digits: String(inner) } : inner,
  )
}
