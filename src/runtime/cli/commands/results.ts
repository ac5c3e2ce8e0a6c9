import { columnNames } from '../../insert/options.ts'
import { runResults } from '../../results/command.ts'
import { resultFormats } from '../../results/formats.ts'
import { envFileOption, environmentOf, textOf } from '../environment.ts'
import { resultsIo } from '../results-io.ts'
import type { Shell } from '../shell.ts'
import { whichQueue } from '../which-queue.ts'
import type { Words, WorkingOption } from '../working.ts'

/** Where results go, and in which form. */
export const outOptions: readonly WorkingOption[] = [
  { flags: '-o, --out <path>', says: 'where to write (default: standard output)' },
  {
    flags: '--format <name>',
    says: `${resultFormats.join(', ')} (default: by the ending of --out, else ndjson)`,
  },
]

export const options: readonly WorkingOption[] = [
  { flags: '-q, --queue <url>', says: 'the queue, instead of TASKQUEUE_PATH' },
  envFileOption,
  ...outOptions,
  { flags: '--join', says: 'put the parameters of each task beside its result' },
  {
    flags: '--table <path>',
    says: 'the rows that must have a result each; with --join one row out for every row, in order',
  },
  { flags: '--key <columns>', says: 'the columns by which the rows of --table were named' },
  { flags: '--failed', says: 'write the dead tasks with reason, stack and last output instead' },
  { flags: '--follow', says: 'go on with new results until nothing is left to do, or Ctrl-C' },
  {
    flags: '--resume-file <path>',
    says: 'write what has no result as a table for taskq insert; no results without --out',
  },
  { flags: '--json', says: 'print the check as JSON' },
]

export async function run(shell: Shell, words: Words): Promise<number> {
  const { word, flags, env } = words
  const [queue, envFile, out, format, table, key, resumeFile] = [
    ...['queue', 'envFile', 'out', 'format', 'table', 'key', 'resumeFile'],
  ].map(name => textOf(flags, name))
  const named = { ...(queue !== undefined && { queue }), ...(envFile !== undefined && { envFile }) }
  const command = {
    queue: await whichQueue(word, [], named, env),
    ...(out !== undefined && { out }),
    ...(format !== undefined && { format }),
    ...(table !== undefined && { table }),
    ...(key !== undefined && { key: columnNames('--key', key) }),
    ...(resumeFile !== undefined && { resumeFile }),
    ...{ join: flags['join'] === true, failed: flags['failed'] === true },
    ...{ follow: flags['follow'] === true, json: flags['json'] === true },
  }
  return await runResults(command, environmentOf(words), resultsIo(shell))
}
