import type { Batch } from '../tables/table.ts'

/** Rows that are made into text at a time. */
const sliceRows = 8192

/** The batch in pieces, so that the text of one piece and not of the whole batch is held at once. */
export function* slices(
  batch: Batch,
  rows = sliceRows,
): Generator<{ readonly from: number; readonly to: number }> {
  for (let from = 0; from < batch.length; from += rows)
    yield { from, to: Math.min(batch.length, from + rows) }
}
