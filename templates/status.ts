import { openQueue } from 'taskq-runtime'

const queue = await openQueue(process.env['TASKQUEUE_PATH'] ?? '')
for (const [state, tasks = 'unknown'] of Object.entries(await queue.counts())) {
  console.log(state.padEnd(7), tasks)
}
await queue.close()
