import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { TaskqError } from '../queue/errors.ts'

/** Where CloudFiles keeps credentials; `CF_SECRETS_PATH` names another place, as images need. */
const secretFolders = ['.cloudvolume/secrets', '.cloudfiles/secrets'] as const

/**
 * The contents of the first secret file there is for a bucket: its own (`<bucket>-<name>`) before the one
 * for all. `undefined` where there is none: then the service's own chain of credentials is asked.
 */
export function readSecret(
  name: 'aws-secret.json' | 'google-secret.json',
  bucket: string,
  env: Readonly<Record<string, string | undefined>>,
): { readonly path: string; readonly values: Readonly<Record<string, unknown>> } | undefined {
  const path = foldersOf(env)
    .flatMap(folder => [join(folder, `${bucket}-${name}`), join(folder, name)])
    .find(one => existsSync(one))
  return path === undefined ? undefined : { path, values: readObject(path) }
}

function foldersOf(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const named = env['CF_SECRETS_PATH']
  if (named !== undefined && named !== '') return [named]
  const home = env['HOME'] ?? homedir()
  return secretFolders.map(folder => join(home, folder))
}

function readObject(path: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8').replace(/^\ufeff/, ''))
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Readonly<Record<string, unknown>>
  } catch (cause) {
    // Without the cause's message: it quotes what stands in the file.
    throw unreadable(path, cause instanceof SyntaxError ? undefined : cause)
  }
  throw unreadable(path)
}

function unreadable(path: string, cause?: unknown): TaskqError {
  return new TaskqError(
    'invalid',
    `The credentials in ${path} cannot be read; expected one JSON object. Mend the file, take it away, or name another folder in CF_SECRETS_PATH.`,
    cause === undefined ? {} : { cause },
  )
}
