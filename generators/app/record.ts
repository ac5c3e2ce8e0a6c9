import { createHash } from 'node:crypto'
import type { Versions } from './lock.ts'
import type { Manifest } from './manifest.ts'
import { type Answers, questionNames, questions } from './options.ts'
import type { PlannedFile } from './plan.ts'

/** What a project remembers of how it was made, in .yo-rc.json. */
export interface ProjectRecord {
  /** The version of the generator that wrote the files. */
  readonly version: string
  readonly answers: Partial<Answers>
  /** Further tasks, by name. */
  readonly tasks: readonly string[]
  /** For the licence. */
  readonly year: number
  /** What was written: the print of each file by its path. */
  readonly files: Readonly<Record<string, string>>
  /** What package.json said: users add to theirs, and ours must be told from it. */
  readonly manifest: ManifestParts
}

/** The parts of package.json that the generator and the user both write. */
export type ManifestParts = Readonly<Record<(typeof manifestParts)[number], Versions>>

/** Their names. */
export const manifestParts = ['scripts', 'dependencies', 'devDependencies'] as const

/** The name of the file that remembers. */
export const recordFile = '.yo-rc.json'

const key = 'generator-taskq-project'

/** The text of .yo-rc.json. */
export function writeRecord(record: ProjectRecord): string {
  return `${JSON.stringify({ [key]: record }, undefined, 2)}\n`
}

/** What .yo-rc.json says; `undefined` when it is another generator's. Throws when it is no record. */
export function readRecord(text: string): ProjectRecord | undefined {
  const all: unknown = JSON.parse(text)
  if (!isObject(all) || !Object.hasOwn(all, key)) return undefined
  const found = all[key]
  if (!isObject(found) || !isObject(found['answers']) || !isObject(found['files']))
    throw new Error(`${recordFile} holds no answers of ${key}.`)
  const { version = '', answers, tasks = [], year = 0, files, manifest = {} } = found
  const known = questionNames.filter(name => {
    const wanted = questions[name].kind === 'yes-no' ? 'boolean' : 'string'
    return Object.hasOwn(answers, name) && typeof answers[name] === wanted
  })
  return {
    version: String(version),
    answers: Object.fromEntries(known.map(name => [name, answers[name]])),
    tasks: Array.isArray(tasks) ? tasks.map(String) : [],
    year: Number(year),
    files: Object.fromEntries(Object.entries(files).map(([path, print]) => [path, String(print)])),
    manifest: partsOf(isObject(manifest) ? manifest : {}),
  }
}

/** What tells two contents of a file apart. */
export function printOf(content: PlannedFile['content']): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16)
}

/** The parts of a package.json that both write; absent ones are empty. */
export function partsOf(manifest: Manifest | Readonly<Record<string, unknown>>): ManifestParts {
  const fields: Readonly<Record<string, unknown>> = { ...manifest }
  const parts = manifestParts.map(part => [part, isObject(fields[part]) ? fields[part] : {}])
  return Object.fromEntries(parts)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
