import { readEnvFile } from '../config/env-file.ts'
import type { SettingSource } from '../worker/settings.ts'
import type { Words } from './working.ts'

/** The option that names an env file, for commands that read more of it than the queue. */
export const envFileOption = {
  flags: '-e, --env-file <path>',
  says: 'a file of settings; goes before the environment',
} as const

/** The environment with the env file's variables over it. */
export function environmentOf({ flags, env }: Words): Readonly<Record<string, string | undefined>> {
  const file = fileOf(flags)
  return file === undefined ? env : { ...env, ...Object.fromEntries(file.values) }
}

/** The env file, where one is named, and the environment, each with its name for complaints. */
export function sourcesOf({ flags, env }: Words): readonly SettingSource[] {
  const file = fileOf(flags)
  const environment = { values: env, place: () => 'the environment' }
  if (file === undefined) return [environment]
  const { path, values, lines } = file
  const place = (name: string) => `${path}, line ${lines.get(name) ?? '?'}`
  return [{ values: Object.fromEntries(values), place }, environment]
}

/** The value of an option that takes one. */
export function textOf(flags: Words['flags'], name: string): string | undefined {
  const value = flags[name]
  return typeof value === 'string' ? value : undefined
}

function fileOf(flags: Words['flags']) {
  const path = textOf(flags, 'envFile')
  return path === undefined ? undefined : readEnvFile(path)
}
