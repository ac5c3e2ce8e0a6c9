import type { Table } from 'taskq-runtime/tables'
import type { Context } from 'taskq-runtime/task'
import { escapeTimes } from './tile.ts'

/** One row of the table: which tile of the picture, and which square of the plane it shows. */
export interface Params {
  readonly column: number
  readonly line: number
  readonly left: number
  readonly top: number
  readonly side: number
}

/** What is kept of a row: where the tile belongs, and its points. */
export interface Tile {
  readonly column: number
  readonly line: number
  readonly mean: number
  /** Escape times, two bytes each, as base64. */
  readonly points: string
}

/** Your function: runs once for every row, and what it returns is kept as the row's result. */
export async function _runTask(params: Params, _context: Context): Promise<Tile> {
  const { column, line, left, top, side } = params
  const times = escapeTimes(left, top, side)
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length
  return { column, line, mean, points: Buffer.from(times.buffer).toString('base64') }
}

/** What the queue calls: passes everything through. The place for what every task of yours needs. */
export async function runTask(params: Params, context: Context): Promise<Tile> {
  return await _runTask(params, context)
}

/** The rows that are still to be done: by default all of them. */
export function filterTasks(table: Table, _cloudpath: string): Table {
  return table
}
