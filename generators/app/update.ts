import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asksForTheSame, type Change, changesOf, mergeManifest } from './changes.ts'
import { nothingChanged } from './closing.ts'
import { readKit } from './kit.ts'
import type { Answers } from './options.ts'
import { type PlannedFile, plan } from './plan.ts'
import { partsOf, printOf, recordFile, writeRecord } from './record.ts'
import type { Target } from './target.ts'

/** What is to be done to a folder, made or changed. */
export interface Update {
  readonly changes: readonly Change[]
  /** The task that is added, if one is. */
  readonly newTask: string | undefined
  /** Whether the tasks wait somewhere else than before. */
  readonly isOtherQueue: boolean
  readonly isNew: boolean
  /** Whether npm has something to do. */
  readonly isInstallNeeded: boolean
  /** Whether package-lock.json is as planned: false once the user added packages. */
  readonly isLockOurs: boolean
  readonly contentOf: (path: string) => PlannedFile['content'] | undefined
  /** The changes for people, with differences or without. */
  readonly report: (withDifferences: boolean) => string
  /** Removes what is planned no more and was never touched; answers what that was. */
  readonly removeOld: () => readonly string[]
}

/** Works out what is to happen to the folder; writes nothing. */
export async function prepareUpdate(
  packageFolder: string,
  { path: folder, record }: Target,
  answers: Answers,
  newTask: string | undefined,
): Promise<Update> {
  const kit = readKit(packageFolder)
  const tasks = [
    ...new Set([...(record?.tasks ?? []), ...(newTask === undefined ? [] : [newTask])]),
  ]
  const year = record?.year || new Date().getFullYear()
  const { manifest, files } = await plan(kit, answers, { tasks, year })
  const before = record?.manifest ?? partsOf({})
  const theirs = record === undefined ? undefined : manifestIn(folder)
  const merged = theirs && mergeManifest(theirs, before, partsOf(manifest))
  const isLockOurs = merged === undefined || asksForTheSame(partsOf(merged), partsOf(manifest))
  const planned = files
    .filter(({ path }) => isLockOurs || path !== 'package-lock.json')
    .map(file =>
      merged !== undefined && file.path === 'package.json'
        ? { ...file, content: `${JSON.stringify(merged, undefined, 2)}\n` }
        : file,
    )
  const prints = Object.fromEntries(planned.map(({ path, content }) => [path, printOf(content)]))
  const there = (path: string) => {
    const file = join(folder, path)
    return existsSync(file) ? printOf(readFileSync(file)) : undefined
  }
  const changes = changesOf(planned, there, record?.files ?? {}).map(change =>
    // The user's part of it was kept: nothing is left to decide.
    merged !== undefined && change.path === 'package.json' && change.fate === 'conflict'
      ? { ...change, fate: 'update' as const }
      : change,
  )
  const { version } = kit
  const remembered = { version, answers, tasks, year, files: prints, manifest: partsOf(manifest) }
  const contents = new Map(planned.map(({ path, content }) => [path, content]))
  const note = { path: recordFile, content: writeRecord(remembered) }
  const noteFate = there(recordFile) === printOf(note.content) ? 'same' : 'update'
  const all: readonly Change[] = [
    ...changes,
    { path: recordFile, fate: record === undefined ? 'create' : noteFate },
  ]
  contents.set(note.path, note.content)
  return {
    changes: all,
    newTask,
    isOtherQueue: record?.answers.queueUrl !== answers.queueUrl,
    isNew: record === undefined,
    isLockOurs,
    isInstallNeeded:
      !existsSync(join(folder, 'node_modules')) ||
      changes.some(
        ({ path, fate }) => path.startsWith('package') && fate !== 'same' && fate !== 'yours',
      ),
    contentOf: path => contents.get(path),
    report: withDifferences => reportOf(all, folder, withDifferences ? contents : new Map()),
    removeOld() {
      const old = changes.filter(({ fate }) => fate === 'remove').map(({ path }) => path)
      for (const path of old) rmSync(join(folder, path), { force: true })
      return old
    },
  }
}

const fates: Readonly<Record<Change['fate'], string>> = {
  create: 'new',
  update: 'changed',
  conflict: 'changed by you and by the templates',
  remove: 'no longer part of it',
  left: 'no longer part of it, but changed by you: it stays',
  yours: 'changed by you only: it stays',
  same: '',
}

function reportOf(
  changes: readonly Change[],
  folder: string,
  contents: ReadonlyMap<string, PlannedFile['content']>,
): string {
  const shown = changes.filter(({ fate, path }) => fate !== 'same' && path !== recordFile)
  if (shown.length === 0) return nothingChanged
  const width = Math.max(...shown.map(({ path }) => path.length))
  return shown
    .map(({ path, fate }) => {
      const content = fate === 'update' || fate === 'conflict' ? contents.get(path) : undefined
      const difference = content === undefined ? '' : differenceTo(folder, path, content)
      return `  ${path.padEnd(width)}  ${fates[fate]}${difference}`
    })
    .join('\n')
}

/** What would change in a text, line by line, where git is there to say it. */
function differenceTo(folder: string, path: string, content: PlannedFile['content']): string {
  if (typeof content !== 'string' && Buffer.from(content).includes(0)) return ''
  const scratch = mkdtempSync(join(tmpdir(), 'taskq-update-'))
  try {
    const file = join(scratch, 'planned')
    writeFileSync(file, content)
    const args = ['--no-pager', 'diff', '--no-index', '--no-color', '--', join(folder, path), file]
    const { stdout } = spawnSync('git', args, { encoding: 'utf8' })
    const at = (stdout ?? '').indexOf('@@')
    if (at < 0) return ''
    const lines = (stdout ?? '').slice(at).trimEnd().split('\n')
    return `\n${lines.map(line => `      ${line}`).join('\n')}`
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

function manifestIn(folder: string): Readonly<Record<string, unknown>> | undefined {
  const file = join(folder, 'package.json')
  if (!existsSync(file)) return undefined
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new Error(`${file} is no JSON; mend it first.`, { cause })
  }
}
