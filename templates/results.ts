import { openQueue } from 'taskq-runtime'

const queue = await openQueue(process.env['TASKQUEUE_PATH'] ?? '')
for (let after: string | undefined; ; ) {
  const page = await queue.results.read({ max: 1000, ...(after !== undefined && { after }) })
  for (const { id, record = 'null' } of page.items) {
    console.log(`{"id":${JSON.stringify(id)},"result":${record}}`)
  }
  after = page.next
  if (page.items.length === 0 || after === undefined) break
}
await queue.close()
