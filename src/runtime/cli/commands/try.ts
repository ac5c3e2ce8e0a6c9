import { exitCodes } from '../../config/exit-codes.ts'
import { TaskqError } from '../../queue/errors.ts'
import { envFileOption, environmentOf, textOf } from '../environment.ts'
import type { Shell } from '../shell.ts'
import { runTry } from '../work/try.ts'
import type { Words, WorkingOption } from '../working.ts'

export const options: readonly WorkingOption[] = [
  envFileOption,
  { flags: '--task <path>', says: 'the task file (default: task.ts)' },
  { flags: '--row <number>', says: 'which row, from 0 (default: 0)' },
  { flags: '--key <id>', says: 'the row of that id, or with these values: root_id=8646911' },
  { flags: '-q, --queue <url>', says: 'take the task of --key from this queue, not from a table' },
  { flags: '--json', says: 'print one JSON object' },
]

export async function run({ out, err, signal, letGo }: Shell, words: Words): Promise<number> {
  const { word, flags, rest } = words
  const [queue, key, row] = [textOf(flags, 'queue'), textOf(flags, 'key'), textOf(flags, 'row')]
  if (key !== undefined && row !== undefined)
    throw new TaskqError('invalid', '--row and --key both say which row; give one of them.')
  const command = {
    ...{ task: textOf(flags, 'task') ?? 'task.ts', args: rest, json: flags['json'] === true },
    ...(word !== undefined && { table: word }),
    ...(queue !== undefined && { queue }),
    ...(key !== undefined && { key }),
    ...(row !== undefined && { row: rowOf(row) }),
  }
  const hasResult = await runTry(command, environmentOf(words), { out, err, signal, letGo })
  // What a task left open, a timer or a connection, would keep this process waiting.
  process.exit(hasResult ? exitCodes.done : exitCodes.partly)
}

function rowOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new TaskqError('invalid', `--row takes the number of a row, from 0, not "${text}".`)
}
