import { hostname } from 'node:os'
import { openQueue } from 'taskq-runtime'
import { _runTask } from './task.ts'

const queue = await openQueue(process.env['TASKQUEUE_PATH'] ?? '')
const worker = { id: `${hostname()}-${process.pid}` }
const count = { done: 0, dead: 0, lost: 0 }

for (;;) {
  const [lease] = await queue.lease({ max: 1, seconds: 300, worker })
  if (lease === undefined) break
  try {
    const record = JSON.stringify((await _runTask(queue.decode(lease).params)) ?? true)
    const [answer] = await queue.settle([{ lease, record }])
    count[answer === 'done' ? 'done' : 'lost'] += 1
  } catch (error) {
    await queue.bury([{ lease, reason: String(error) }])
    count.dead += 1
  }
}

console.log(
  `Ran ${count.done} tasks; ${count.dead} failed, ${count.lost} took longer than their lease.`,
)
await queue.close()
