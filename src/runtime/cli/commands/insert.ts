import { runInsert } from '../../insert/command.ts'
import { type InsertFlags, insertOptions } from '../../insert/options.ts'
import { envFileOption, environmentOf } from '../environment.ts'
import type { Shell } from '../shell.ts'
import type { Words, WorkingOption } from '../working.ts'

export const options: readonly WorkingOption[] = [...Object.values(insertOptions), envFileOption]

export async function run(shell: Shell, words: Words): Promise<number> {
  return await runInsert(words.flags as InsertFlags, environmentOf(words), shell, words.given)
}
