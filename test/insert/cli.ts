/** Runs `taskq insert` as a process: flags and environment come as JSON on its command line. */

import { systemClock } from '../../src/runtime/index.ts'
import { runInsert } from '../../src/runtime/insert/command.ts'
import type { InsertIo, InsertOutput } from '../../src/runtime/insert/io.ts'

const [flags = '{}', env = '{}', answer] = process.argv.slice(2)
const interruption = new AbortController()
process.once('SIGINT', () => interruption.abort())

const output = (stream: NodeJS.WriteStream): InsertOutput => ({
  isLive: false,
  columns: 80,
  write: text => new Promise(resolve => stream.write(text, resolve)),
  line: (text = '') => new Promise(resolve => stream.write(`${text}\n`, resolve)),
})

const io: InsertIo = {
  out: output(process.stdout),
  err: output(process.stderr),
  clock: systemClock,
  signal: interruption.signal,
  ...(answer !== undefined && { ask: () => Promise.resolve(answer) }),
}

process.exitCode = await runInsert(JSON.parse(flags), JSON.parse(env), io)
