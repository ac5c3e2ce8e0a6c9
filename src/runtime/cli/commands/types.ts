import { runTypes, typesOptions } from '../../insert/types-command.ts'
import { envFileOption, environmentOf, textOf } from '../environment.ts'
import type { Shell } from '../shell.ts'
import type { Words, WorkingOption } from '../working.ts'

export const options: readonly WorkingOption[] = [...Object.values(typesOptions), envFileOption]

export async function run(shell: Shell, words: Words): Promise<number> {
  const out = textOf(words.flags, 'out')
  const flags = {
    ...(words.word !== undefined && { table: words.word }),
    ...(out !== undefined && { out }),
  }
  return await runTypes(flags, environmentOf(words), shell)
}
