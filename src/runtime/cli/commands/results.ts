import { TaskqError } from '../../queue/errors.ts'
import { resultFormats, runResults } from '../../results/command.ts'
import { envFileOption, textOf } from '../environment.ts'
import type { Shell } from '../shell.ts'
import { whichQueue } from '../which-queue.ts'
import type { Words, WorkingOption } from '../working.ts'

export const options: readonly WorkingOption[] = [
  { flags: '-q, --queue <url>', says: 'the queue, instead of TASKQUEUE_PATH' },
  envFileOption,
  { flags: '-o, --out <path>', says: 'where to write (default: standard output)' },
  {
    flags: '--format <name>',
    says: `${resultFormats.join(' or ')} (default: by the ending of --out, else ndjson)`,
  },
  { flags: '--failed', says: 'write the dead tasks with their reasons instead' },
]

export async function run(_: Shell, { word, flags, env }: Words): Promise<number> {
  const [queueFlag, envFile] = [textOf(flags, 'queue'), textOf(flags, 'envFile')]
  const queue = await whichQueue(
    word,
    [],
    {
      ...(queueFlag !== undefined && { queue: queueFlag }),
      ...(envFile !== undefined && { envFile }),
    },
    env,
  )
  const out = textOf(flags, 'out')
  const format = formatOf(textOf(flags, 'format'))
  return await runResults(
    {
      queue,
      failed: flags['failed'] === true,
      ...(out !== undefined && { out }),
      ...(format !== undefined && { format }),
    },
    process,
  )
}

function formatOf(text: string | undefined): (typeof resultFormats)[number] | undefined {
  const format = resultFormats.find(name => name === text)
  if (text === undefined || format !== undefined) return format
  throw new TaskqError('invalid', `--format takes ${resultFormats.join(' or ')}, not "${text}".`)
}
