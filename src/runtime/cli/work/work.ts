import type { ExitCode } from '../../config/exit-codes.ts'
import { systemClock } from '../../queue/clock.ts'
import { openQueue } from '../../queue/open.ts'
import { safeLines } from '../../terminal/safe.ts'
import type { Screen } from '../../watching/screen.ts'
import { readWatchSettings } from '../../watching/settings.ts'
import type { Until } from '../../worker/ending.ts'
import { exitCodeOf, exitCodeOfError, messageOf } from '../../worker/exit.ts'
import { patiently } from '../../worker/patience.ts'
import { readSettings, type SettingSource } from '../../worker/settings.ts'
import { listenForStop, type StopSignals } from '../../worker/shutdown.ts'
import type { SpotSimulation } from '../../worker/spot-simulation.ts'
import { slipsOf } from './slips.ts'
import { workWatched } from './watched-work.ts'

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
  readonly simulateSpot?: SpotSimulation
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
    const {
      until = 'stopped',
      maxTasks,
      maxSeconds,
      simulateSpot,
      args = [],
      task,
      sources,
    } = command
    const settings = readSettings(sources)
    const watching = readWatchSettings(sources)
    for (const sentence of slipsOf(sources)) io.stderr.write(safeLines(`${sentence}\n`))
    const queue = await patiently(() => openQueue(command.queue, { create: false }), {
      ...{ clock: systemClock, signal: stop.signal },
      tell: ({ message }, seconds) =>
        void io.stderr.write(safeLines(`${message} Trying again for ${seconds} s.\n`)),
    })
    try {
      const options = {
        ...{ queue, task, settings, until, args, signal: stop.signal, now: stop.now },
        ...(maxTasks !== undefined && { maxTasks }),
        ...(maxSeconds !== undefined && { maxSeconds }),
        ...(simulateSpot !== undefined && { simulateSpot }),
      }
      const cloudPath = sources.map(({ values }) => values['CF_CLOUDPATH']).find(isNamed)
      return exitCodeOf(await workWatched(options, watching, { io, cloudPath }), stop)
    } finally {
      // What mattered has been answered, or waited for as long as that is done.
      await queue.close(AbortSignal.abort())
    }
  } catch (error) {
    // Told to stop while it waited for the store.
    if (error === stop.signal.reason) return exitCodeOf({ end: 'stopped' }, stop)
    io.stderr.write(safeLines(`${messageOf(error)}\n`))
    return exitCodeOfError(error)
  } finally {
    stop.dispose()
  }
}

function isNamed(path: string | undefined): path is string {
  return path !== undefined && path !== ''
}
