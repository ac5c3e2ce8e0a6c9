/** The raw limit of a runner: the same tasks one after the other, each end told through a pipe. */
import { writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

/** The last line that it writes. */
export interface BareRun {
  readonly seconds: number
  /** What the tasks themselves took. */
  readonly taskSeconds: number
}

const [file = '', count = '0'] = process.argv.slice(2)
const { _runTask } = (await import(pathToFileURL(file).href)) as { _runTask: () => unknown }
let left = Number(count)
let taskSeconds = 0
const began = performance.now()
runOne()

/** As in a runner the event loop turns between two tasks. */
function runOne(): void {
  const start = performance.now()
  const value = _runTask()
  taskSeconds += (performance.now() - start) / 1000
  left -= 1
  tell({ value, left })
  if (left > 0) setImmediate(runOne)
  else tell({ seconds: (performance.now() - began) / 1000, taskSeconds } satisfies BareRun)
}

function tell(what: object): void {
  writeSync(1, `${JSON.stringify(what)}\n`)
}
