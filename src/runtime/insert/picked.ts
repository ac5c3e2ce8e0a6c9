import { pickedBatch, tableOf } from '../tables/rows.ts'
import type { Batch, Table } from '../tables/table.ts'
import type { Bitmap } from './bitmap.ts'

/** The rows of a table that are meant. They keep their numbers; what lies behind the last is not read. */
export function pickedTable(table: Table, rows: Bitmap): Table {
  return tableOf({
    name: table.name,
    columns: table.columns,
    rowCount: rows.count,
    fingerprint: table.fingerprint,
    close: () => table.close(),
    async *batches() {
      if (rows.count === 0) return
      for await (const batch of table.batches()) {
        const picked = pickedIn(batch, rows)
        if (picked.length > 0) yield pickedBatch(batch, picked)
        if (batch.length > 0 && batch.index(batch.length - 1) >= rows.last) return
      }
    },
  })
}

/** The rows of a table but for these; `onSkip` is told how many of each batch were left out. */
export function restOf(table: Table, rows: Bitmap, onSkip: (count: number) => void): Table {
  return tableOf({
    name: table.name,
    columns: table.columns,
    rowCount: table.rowCount,
    fingerprint: table.fingerprint,
    close: () => table.close(),
    async *batches() {
      for await (const batch of table.batches()) {
        const left: number[] = []
        for (let at = 0; at < batch.length; at++) if (!rows.has(batch.index(at))) left.push(at)
        onSkip(batch.length - left.length)
        if (left.length > 0) yield pickedBatch(batch, left)
      }
    },
  })
}

function pickedIn(batch: Batch, rows: Bitmap): number[] {
  const picked: number[] = []
  for (let at = 0; at < batch.length; at++) if (rows.has(batch.index(at))) picked.push(at)
  return picked
}
