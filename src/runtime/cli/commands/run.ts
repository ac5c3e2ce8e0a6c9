import { type InsertFlags, insertOptions } from '../../insert/options.ts'
import { envFileOption, environmentOf, textOf } from '../environment.ts'
import { resultsIo } from '../results-io.ts'
import { settingOptions, settingSources } from '../setting-flags.ts'
import type { Shell } from '../shell.ts'
import { runRows } from '../work/run.ts'
import type { Words, WorkingOption } from '../working.ts'
import { outOptions } from './results.ts'

const { task, key, columns, where, sample, offset, limit } = insertOptions

export const options: readonly WorkingOption[] = [
  envFileOption,
  ...[task, key, columns, where, sample, offset, limit],
  ...outOptions,
  { flags: '--join', says: 'one row out for every row in, in order, with its parameters' },
  {
    flags: '--resume-file <path>',
    says: 'write the rows without a result as a table for the next taskq run',
  },
  { flags: '--json', says: 'print the check as JSON' },
  ...settingOptions,
]

export async function run(shell: Shell, words: Words): Promise<number> {
  const { word, flags, rest } = words
  const [out, format, resumeFile] = ['out', 'format', 'resumeFile'].map(name => textOf(flags, name))
  // The worker listens for signals itself: the first lets tasks finish, the second ends them.
  shell.signal.throwIfAborted()
  shell.letGo()
  return await runRows(
    {
      rows: { ...(flags as InsertFlags), ...(word !== undefined && { table: word }) },
      ...{ task: textOf(flags, 'task') ?? 'task.ts', args: rest },
      sources: settingSources(words),
      results: {
        ...(out !== undefined && { out }),
        ...(format !== undefined && { format }),
        ...(resumeFile !== undefined && { resumeFile }),
        ...{ join: flags['join'] === true, json: flags['json'] === true },
      },
    },
    environmentOf(words),
    { ...resultsIo(shell), display: process.stderr },
  )
}
