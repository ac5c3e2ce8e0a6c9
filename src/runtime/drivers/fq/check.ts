import { lstatSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding } from '../../queue/driver.ts'
import { seal, unseal } from './body.ts'
import { Breather } from './breather.ts'
import { endRevival, halfRevived, quarantine } from './dead.ts'
import { drop } from './finish.ts'
import {
  filesIn,
  moved,
  removed,
  restamp,
  taskPath,
  textOf,
  uniqueName,
  whereThere,
  writeNew,
} from './folder.ts'
import { noteName, readMovement, unused } from './movement.ts'
import { nameOf, parseName, secondsOf, type TaskName } from './names.ts'
import { eachTask } from './scan.ts'
import {
  deadKeys,
  epochOf,
  folderTime,
  restSeconds,
  type Store,
  secondsNow,
  stampAfter,
} from './store.ts'

/** Looks through the folder of a queue; what has changed within a minute is left alone. */
export async function check(store: Store, how: 'look' | 'mend'): Promise<readonly Finding[]> {
  const round: Round = {
    ...{ store, how, findings: [], dead: new Set(deadKeys(store)) },
    oldest: folderTime(store) - restSeconds * 1000,
  }
  epochOf(store)
  store.done.refresh()
  const breather = new Breather()
  const there = new Map<string, number>()
  for await (const name of eachTask(store.folder.queue, file => checkStray(round, file))) {
    const other = there.get(name.key)
    there.set(name.key, Math.max(name.stamp, other ?? 0))
    if (other === undefined) checkTask(round, name)
    else checkTwin(round, name.key, [name.stamp, other])
    await breather.breathe()
  }
  for (const key of filesIn(store.folder.movement)) {
    if (!there.has(key)) checkMovement(round, key)
    await breather.breathe()
  }
  checkLeftovers(round, there)
  return round.findings
}

interface Round {
  readonly store: Store
  readonly how: 'look' | 'mend'
  readonly findings: Finding[]
  readonly dead: ReadonlySet<string>
  /** What was changed after this is left alone, by the clock of the file system. */
  readonly oldest: number
}

/** Notes a finding, and mends it where that is asked for; `mend` answers whether it could. */
function find(round: Round, kind: string, name: string, says: string, mend?: () => boolean): void {
  const isMended = round.how === 'mend' && mend?.() === true
  round.findings.push({ kind, name, says, state: isMended ? 'mended' : 'left' })
}

function isAtRest({ oldest }: Round, path: string): boolean {
  const info = whereThere(() => lstatSync(path))
  return info !== undefined && info.mtimeMs < oldest
}

function checkStray(round: Round, file: string): void {
  const { queue, quarantine: aside } = round.store.folder
  const says = 'no task, and every Python worker ends on it; mending moves it to taskq/quarantine'
  // NFS keeps what is removed while it is open under such a name, and takes it away itself.
  if (file.startsWith('.nfs')) find(round, 'stray', file, `${says}, but not what NFS still holds`)
  else find(round, 'stray', file, says, () => moved(join(queue, file), join(aside, file)))
}

function checkTask(round: Round, name: TaskName): void {
  const { store } = round
  const { folder } = store
  const { key, stamp } = name
  const file = nameOf(key, stamp)
  const path = join(folder.queue, file)
  if (secondsOf(stamp) !== stamp) {
    const says = 'a time in milliseconds, which Python waits for for ever; mending makes it seconds'
    find(round, 'milliseconds', file, says, () => rename(store, name, secondsOf(stamp)))
    return
  }
  if (secondsOf(stamp) > secondsNow(store)) return
  if (store.done.has(key) || round.dead.has(key)) {
    find(
      round,
      'finished',
      file,
      'finished or dead, its file not removed; mending removes it',
      () => {
        drop(store, key, stamp)
        return true
      },
    )
    return
  }
  if (!isAtRest(round, path)) return
  const isLink = lstatSync(path).isSymbolicLink()
  const text = isLink ? undefined : textOf(path)
  const fault = isLink ? 'a symbolic link' : text === '' ? 'empty' : 'torn: it is no whole JSON'
  if (text === undefined || unseal(text, key) === undefined || parsed(text) === undefined) {
    const says = 'empty, torn or a link; mending puts it among the dead'
    find(round, 'unreadable', file, says, () => {
      quarantine(store, name, fault, text ?? '')
      return true
    })
    return
  }
  if (idIn(text) !== key) {
    const says =
      'another id in its body than in its name: Python could never delete it; mending writes the id of the name'
    find(round, 'foreign id', file, says, () => rewrite(store, name, text))
    return
  }
  if (!readMovement(folder, key).includes(stamp)) {
    const says = 'not noted in its movement file: Python could not delete it; mending notes it'
    find(round, 'unnoted', file, says, () => {
      noteName(folder, key, stamp)
      return true
    })
  }
}

function checkTwin(round: Round, key: string, [one, other]: readonly [number, number]): void {
  const older = nameOf(key, Math.min(one, other))
  const says = 'a second file of one task, which would run twice; mending keeps the later one'
  find(round, 'twin', older, says, () => removed(join(round.store.folder.queue, older)))
}

function checkMovement(round: Round, key: string): void {
  const path = join(round.store.folder.movement, key)
  if (parseName(`0--${key}.json`) === undefined || !isAtRest(round, path)) return
  const says =
    'a movement file without a task, of an insert or a delete that was cut off; mending removes it'
  find(round, 'orphan', key, says, () => removed(path))
}

function checkLeftovers(round: Round, there: ReadonlyMap<string, number>): void {
  const { folder, done, past } = round.store
  if (round.how === 'mend') past.sweep(secondsNow(round.store))
  for (const key of filesIn(folder.attempts)) {
    const path = join(folder.attempts, key)
    if (there.has(key) || !isAtRest(round, path)) continue
    const says = 'attempts of a task that is gone, as when Python finished it; mending removes them'
    find(round, 'leftover', key, says, () => removed(path))
  }
  for (const file of filesIn(folder.temp)) {
    const path = join(folder.temp, file)
    if (!isAtRest(round, path)) continue
    find(round, 'leftover', file, 'written for a task and never used; mending removes it', () =>
      removed(path),
    )
  }
  for (const { key, file } of halfRevived(round.store, round.oldest)) {
    const isAlive = there.has(key) || done.has(key) || round.dead.has(key)
    const says = `a dead task whose revival was cut off; mending ${isAlive ? 'ends it' : 'makes it dead again'}`
    find(round, 'half revived', file, says, () => endRevival(round.store, file, isAlive))
  }
}

function rename({ folder }: Store, { key, stamp }: TaskName, wanted: number): boolean {
  const to = unused(readMovement(folder, key), wanted, 1)
  if (!restamp(folder, key, stamp, to)) return false
  noteName(folder, key, to)
  return true
}

/** Takes the file away from everybody while its text is replaced. */
function rewrite(store: Store, { key, stamp }: TaskName, text: string): boolean {
  const { folder } = store
  const movement = readMovement(folder, key)
  const away = unused(movement, stampAfter(store, restSeconds), 1)
  const path = taskPath(folder, key, away)
  if (!moved(taskPath(folder, key, stamp), path)) return false
  const temp = join(folder.temp, uniqueName())
  writeNew(temp, seal(text, key, key), folder.durable)
  renameSync(temp, path)
  return rename(store, { key, stamp: away }, unused(movement, secondsNow(store), -1))
}

/** What a text says that Python may have written, with its NaN and Infinity; `undefined` for no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replaceAll(/-?\b(NaN|Infinity)\b/g, '0'))
  } catch {
    return undefined
  }
}

function idIn(text: string): unknown {
  const [, id] = /"id"\s*:\s*"([^"\\]*)"\s*\}\s*$/.exec(text) ?? []
  return id ?? (parsed(text) as { readonly id?: unknown } | null | undefined)?.id
}
