import type { ExitCode } from '../config/exit-codes.ts'
import { systemClock } from '../queue/clock.ts'
import { openQueue } from '../queue/open.ts'
import type { Queue } from '../queue/queue.ts'
import { type Display, linesDisplay, type Screen, terminalDisplay } from './display.ts'
import type { Until } from './ending.ts'
import { exitCodeOf, exitCodeOfError, messageOf } from './exit.ts'
import { Observer } from './look.ts'
import { patiently } from './patience.ts'
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
    const queue = await patiently(() => openQueue(command.queue, { create: false }), {
      ...{ clock: systemClock, signal: stop.signal },
      tell: ({ message }, seconds) =>
        void io.stderr.write(`${message} Trying again for ${seconds} s.\n`),
    })
    const display = displayFor(io)
    const options = {
      ...{ queue, task, settings, until, args, signal: stop.signal, now: stop.now },
      ...(maxTasks !== undefined && { maxTasks }),
      ...(maxSeconds !== undefined && { maxSeconds }),
      onEvent: display.event,
    }
    try {
      const summary = await shown(new Supervisor(options), queue, display)
      return exitCodeOf(summary, stop)
    } finally {
      await queue.close()
    }
  } catch (error) {
    // Told to stop while it waited for the store.
    if (error === stop.signal.reason) return exitCodeOf({ end: 'stopped' }, stop)
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
