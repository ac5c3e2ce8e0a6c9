import { insertTasks, leaveWhenDone } from 'taskq-runtime/programs'
import { filterTasks } from './task.ts'

/** One task of every row that filterTasks keeps. Takes the options of `npx taskq insert --help`. */
await insertTasks({ args: process.argv.slice(2), filterTasks })
// Also where task.ts left a timer or a connection open.
leaveWhenDone()
