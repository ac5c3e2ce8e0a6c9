import { watchSettings } from '../watching/settings.ts'
import { type Setting, type SettingSource, workerSettings } from '../worker/settings.ts'
import { sourcesOf, textOf } from './environment.ts'
import type { Words, WorkingOption } from './working.ts'

const settings: readonly Setting<unknown>[] = [
  ...Object.values(workerSettings),
  ...Object.values(watchSettings),
]

/** Every setting of a worker as an option. */
export const settingOptions: readonly WorkingOption[] = settings.map(
  ({ flag, help, name, range }) => ({
    flags: `${flag} <value>`,
    says: `${help}; ${range} (${name})`,
  }),
)

/** Where settings come from: the command line, the env file, the environment. */
export function settingSources(words: Words): readonly SettingSource[] {
  const values = Object.fromEntries(
    settings.map(({ name, flag }) => [name, textOf(words.flags, camel(flag))]),
  )
  return [{ values, place: flagOf }, ...sourcesOf(words)]
}

function flagOf(name: string): string {
  return settings.find(setting => setting.name === name)?.flag ?? name
}

function camel(flag: string): string {
  return flag.slice(2).replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}
