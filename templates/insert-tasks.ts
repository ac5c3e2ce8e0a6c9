import { openQueue } from 'taskq-runtime'
import { rows } from './task.ts'

const queue = await openQueue(process.env['TASKQUEUE_PATH'] ?? '')
const { inserted, present } = await queue.insert(rows())
console.log(`Inserted ${inserted}/${inserted + present} tasks!`)
await queue.close()
