import type { StormTest } from './storm.ts'

/** What is run: the light ones several at a time, then the heavy ones each by itself. */
export async function runAll<Row extends { readonly test: StormTest }>(
  rows: readonly Row[],
  run: (row: Row) => Promise<void>,
): Promise<void> {
  const light = rows.filter(({ test }) => test.load === 'light')
  const next = async (): Promise<void> => {
    for (let row = light.shift(); row !== undefined; row = light.shift()) await run(row)
  }
  await Promise.all(Array.from({ length: lightAtOnce }, next))
  for (const row of rows) if (row.test.load === 'heavy') await run(row)
}

/** They mostly wait: so many keep two cores busy. */
const lightAtOnce = 5
