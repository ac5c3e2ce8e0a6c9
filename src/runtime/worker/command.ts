import { isTaskqError } from '../queue/errors.ts'
import { openQueue } from '../queue/open.ts'
import type { Queue } from '../queue/queue.ts'
import { type Display, linesDisplay, type Screen, terminalDisplay } from './display.ts'
import type { Until } from './ending.ts'
import { ConfigurationError, type ExitCode, exitCodes } from './exit-codes.ts'
import { Observer } from './look.ts'
import { readSettings, type SettingSource } from './settings.ts'
import { listenForStop, type StopSignals } from './shutdown.ts'
import { Supervisor } from './supervisor.ts'
import type { WorkSummary } from './work-options.ts'

/** What `taskq work` is told. */
export interface WorkCommand {
  /** The queue's URL. */
  readonly queue: string
  /** The file of the user's task. */
  readonly task: string
  /** Where settings come from; the first that has one wins. */
  readonly sources: readonly SettingSource[]
  readonly until?: Until
  readonly maxTasks?: number
  readonly maxSeconds?: number
  /** What stands behind `--`. */
  readonly args?: readonly string[]
}

/** Where a command speaks and from where it is told to stop. */
export interface CommandIo {
  readonly stdout: Screen
  readonly stderr: Screen
  /** Default: the signals of this process. */
  readonly stop?: StopSignals
}

/** Works on a queue until there is a reason to end; the exit code says which. */
export async function runWork(command: WorkCommand, io: CommandIo): Promise<ExitCode> {
  const stop = io.stop ?? listenForStop()
  try {
    const { until = 'stopped', maxTasks, maxSeconds, args = [], task, sources } = command
    const settings = readSettings(sources)
    const queue = await openQueue(command.queue, { create: false })
    const display = displayFor(io)
    const options = {
      ...{ queue, task, settings, until, args, signal: stop.signal, now: stop.now },
      ...(maxTasks !== undefined && { maxTasks }),
      ...(maxSeconds !== undefined && { maxSeconds }),
      onEvent: display.event,
    }
    try {
      const summary = await shown(new Supervisor(options), queue, display)
      return exitCodeOf(summary)
    } finally {
      await queue.close()
    }
  } catch (error) {
    io.stderr.write(`${messageOf(error)}\n`)
    return exitCodeOfError(error)
  } finally {
    stop.dispose()
  }
}

async function shown(supervisor: Supervisor, queue: Queue, display: Display): Promise<WorkSummary> {
  const observer = new Observer(supervisor, queue)
  const look = async () => {
    await observer.refresh()
    display.look(observer.look(performance.now()))
  }
  const timer = setInterval(() => void look(), display.everySeconds * 1000)
  try {
    const summary = await supervisor.run()
    display.end(summary)
    return summary
  } finally {
    clearInterval(timer)
  }
}

/** A closed stdout is no reason to lose work: what would be shown is dropped. */
function displayFor({ stdout }: CommandIo): Display {
  if ('on' in stdout && typeof stdout.on === 'function') stdout.on('error', () => {})
  return stdout.isTTY === true ? terminalDisplay(stdout) : linesDisplay(stdout)
}

function exitCodeOf({ end }: WorkSummary): ExitCode {
  if (end === 'failures') return exitCodes.failures
  return end === 'stopped' ? exitCodes.interrupted : exitCodes.done
}

function exitCodeOfError(error: unknown): ExitCode {
  const isWrong = isTaskqError(error, 'invalid') || isTaskqError(error, 'unsupported')
  return error instanceof ConfigurationError || isWrong ? exitCodes.configuration : exitCodes.fault
}

/** Our own errors say what to do; of others the stack tells where to look. */
function messageOf(error: unknown): string {
  if (error instanceof ConfigurationError || isTaskqError(error)) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
