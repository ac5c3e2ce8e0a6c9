import { launchWorker } from 'taskq-runtime/programs'

/** Runs the tasks of the queue here. Takes the options of `npx taskq work --help`. */
await launchWorker({ args: process.argv.slice(2), task: 'task.ts' })
