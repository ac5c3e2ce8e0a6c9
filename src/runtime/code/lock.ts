import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { TaskqError } from '../queue/errors.ts'
import { type JsonValue, readJson } from '../queue/json.ts'

/**
 * Name, version and integrity of every package in the nearest package-lock.json at or above a
 * folder, sorted; `[]` where there is none.
 */
export async function lockedPackages(folder: string): Promise<readonly string[]> {
  const path = nearestLock(folder)
  if (path === undefined) return []
  const packages = member(parsed(path, await readFile(path, 'utf8')), 'packages')
  if (typeof packages !== 'object' || packages === null || Array.isArray(packages)) return []
  return Object.entries(packages)
    .filter(([place]) => place !== '')
    .map(([place, about]) =>
      JSON.stringify([place, text(about, 'version'), text(about, 'integrity')]),
    )
    .toSorted()
}

function nearestLock(folder: string): string | undefined {
  const path = join(folder, 'package-lock.json')
  if (existsSync(path)) return path
  return dirname(folder) === folder ? undefined : nearestLock(dirname(folder))
}

function parsed(path: string, text: string): JsonValue {
  try {
    return readJson(text)
  } catch (cause) {
    throw new TaskqError(
      'invalid',
      `${path} is no JSON, so the packages the code uses are unknown. Make it anew with: npm install`,
      { cause },
    )
  }
}

function text(about: JsonValue | undefined, name: string): string {
  const found = member(about, name)
  return typeof found === 'string' ? found : ''
}

function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.hasOwn(value, name) ? (value as Record<string, JsonValue>)[name] : undefined
}
