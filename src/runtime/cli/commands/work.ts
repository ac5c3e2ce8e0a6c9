import { TaskqError } from '../../queue/errors.ts'
import { envFileOption, environmentOf, textOf } from '../environment.ts'
import { settingOptions, settingSources } from '../setting-flags.ts'
import type { Shell } from '../shell.ts'
import { whichQueue } from '../which-queue.ts'
import { runWork, type WorkCommand } from '../work/work.ts'
import type { Words, WorkingOption } from '../working.ts'

export const options: readonly WorkingOption[] = [
  { flags: '-q, --queue <url>', says: 'the queue, instead of TASKQUEUE_PATH' },
  envFileOption,
  { flags: '--task <path>', says: 'the task file (default: task.ts)' },
  {
    flags: '--until <end>',
    says: 'drained: nothing is left; idle: nothing but what others hold; default: TQ_UNTIL, or for ever',
  },
  { flags: '--max-tasks <number>', says: 'end after so many runs' },
  { flags: '--max-seconds <number>', says: 'end after so long' },
  {
    flags: '--simulate-spot-termination-after <seconds>',
    says: 'give notice after so long, as if this machine were taken away',
  },
  {
    flags: '--simulate-spot-termination-delay <seconds>',
    says: 'and kill the worker so long after the notice, if it has not ended (default: 30)',
  },
  ...settingOptions,
]

export async function run({ signal }: Shell, words: Words): Promise<number> {
  const { word, flags, env, rest } = words
  const [queueFlag, envFile] = [textOf(flags, 'queue'), textOf(flags, 'envFile')]
  const named = {
    ...(queueFlag !== undefined && { queue: queueFlag }),
    ...(envFile !== undefined && { envFile }),
  }
  const maxTasks = numberOf(flags, 'maxTasks')
  const maxSeconds = numberOf(flags, 'maxSeconds')
  const until = untilOf(textOf(flags, 'until') ?? environmentOf(words)['TQ_UNTIL'])
  signal.throwIfAborted()
  return await runWork(
    {
      queue: await whichQueue(word, [], named, env),
      task: textOf(flags, 'task') ?? 'task.ts',
      sources: settingSources(words),
      args: rest,
      ...(until !== undefined && { until }),
      ...(maxTasks !== undefined && { maxTasks }),
      ...(maxSeconds !== undefined && { maxSeconds }),
      ...simulationOf(flags),
    },
    process,
  )
}

function simulationOf(flags: Words['flags']): Pick<WorkCommand, 'simulateSpot'> {
  const afterSeconds = numberOf(flags, 'simulateSpotTerminationAfter')
  const delaySeconds = numberOf(flags, 'simulateSpotTerminationDelay')
  if (afterSeconds !== undefined)
    return { simulateSpot: { afterSeconds, delaySeconds: delaySeconds ?? 30 } }
  if (delaySeconds === undefined) return {}
  throw new TaskqError(
    'invalid',
    '--simulate-spot-termination-delay goes with --simulate-spot-termination-after SECONDS.',
  )
}

function untilOf(text: string | undefined): 'drained' | 'idle' | undefined {
  if (text === undefined || text === 'drained' || text === 'idle') return text
  throw new TaskqError('invalid', `--until (or TQ_UNTIL) takes drained or idle, not "${text}".`)
}

function numberOf(flags: Words['flags'], name: string): number | undefined {
  const text = textOf(flags, name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() !== '' && value > 0 && Number.isFinite(value)) return value
  const flag = name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
  throw new TaskqError('invalid', `--${flag} takes a number above 0, not "${text}".`)
}
