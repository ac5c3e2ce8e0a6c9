/** Inserts the table named first into the queue named second and tells after each batch how far it is. */
import { writeSync } from 'node:fs'
import { openQueue } from '../../src/runtime/index.ts'
import { insertTable } from '../../src/runtime/insert/index.ts'
import { openTable } from '../../src/runtime/tables/index.ts'

const [path = '', url = '', key] = process.argv.slice(2)
const table = await openTable(path)
const queue = await openQueue(url)
const report = await insertTable(queue, table, {
  ...(key !== undefined && { key: [key] }),
  onProgress: ({ rows }) => writeSync(1, `${rows}\n`),
})
writeSync(1, `${JSON.stringify(report)}\n`)
await queue.close()
await table.close()
