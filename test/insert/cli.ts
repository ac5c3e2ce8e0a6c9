/** Runs `taskq insert` as a process: flags and environment come as JSON on its command line. */

import { systemClock } from '../../src/runtime/index.ts'
import { type InsertIo, runInsert, type Screen } from '../../src/runtime/insert/index.ts'

const [flags = '{}', env = '{}', answer] = process.argv.slice(2)
const interruption = new AbortController()
process.once('SIGINT', () => interruption.abort())

const screen = (stream: NodeJS.WriteStream): Screen => ({
  isLive: false,
  columns: 80,
  write: text => new Promise(resolve => stream.write(text, resolve)),
  line: (text = '') => new Promise(resolve => stream.write(`${text}\n`, resolve)),
})

const io: InsertIo = {
  out: screen(process.stdout),
  err: screen(process.stderr),
  clock: systemClock,
  signal: interruption.signal,
  ...(answer !== undefined && { ask: () => Promise.resolve(answer) }),
}

process.exitCode = await runInsert(JSON.parse(flags), JSON.parse(env), io)
