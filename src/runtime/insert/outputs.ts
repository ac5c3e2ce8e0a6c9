import { openStore } from '../storage/open.ts'
import type { Row } from '../tables/table.ts'

/**
 * Tells of each row whether its output is there already, for `filterTasks`. The store is listed once, with
 * all below `cloudpath`; `name` says how the output of a row is called, relative to it. A million outputs
 * take about 100 MB while the filter runs.
 */
export async function outputExists(
  cloudpath: string,
  name: (row: Row) => string,
): Promise<(row: Row) => boolean> {
  const store = await openStore(cloudpath)
  const keys = new Set<string>()
  for await (const { key } of store.list()) keys.add(key)
  return row => keys.has(plain(name(row)))
}

function plain(name: string): string {
  return name.replace(/^(\.?\/)+/, '')
}
