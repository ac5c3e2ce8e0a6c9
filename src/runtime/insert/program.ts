import { systemClock } from '../queue/clock.ts'
import { runInsert } from './command.ts'
import type { FilterTasks } from './filter.ts'
import type { InsertFlags } from './options.ts'
import type { Env } from './prepare.ts'
import type { InsertIo, Screen } from './screen.ts'
import type { StandardSchema } from './standard-schema.ts'

/** What a program that inserts a project's table may say; every part has a default. */
export interface InsertProgram {
  /** The variables of the env file. Default: those of the process. */
  readonly env?: Env
  /** Which rows are still to be done. Default: what task.ts exports, else all. */
  readonly filterTasks?: FilterTasks
  /** What every row is checked with. Default: what task.ts exports. */
  readonly schema?: StandardSchema
  /** The options of `taskq insert`. Default none. */
  readonly options?: InsertFlags
}

/** Does what `taskq insert` does, for a program of your own, and sets the exit code of the process. */
export async function insertTasks(program: InsertProgram = {}): Promise<void> {
  const { env = process.env, filterTasks, schema, options = {} } = program
  const stop = new AbortController()
  const interrupt = () => stop.abort({ by: 'interrupted' })
  const terminate = () => stop.abort({ by: 'terminated' })
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', terminate)
  const io: InsertIo = {
    out: screenOf(process.stdout),
    err: screenOf(process.stderr),
    clock: systemClock,
    signal: stop.signal,
  }
  const given = { ...(filterTasks && { filterTasks }), ...(schema && { schema }) }
  try {
    process.exitCode = await runInsert(options, env, io, given)
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', terminate)
  }
}

function screenOf(stream: NodeJS.WriteStream): Screen {
  const write = (text: string) =>
    new Promise<void>((resolve, reject) => {
      stream.write(text, error => (error ? reject(error) : resolve()))
    })
  return {
    isLive: stream.isTTY === true && process.env['TERM'] !== 'dumb',
    get columns() {
      return stream.columns || 80
    },
    write,
    line: (text = '') => write(`${text}\n`),
  }
}
