import { randomBytes } from 'node:crypto'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../queue/driver.ts'
import { DoneBook } from './done-book.ts'
import { codeOf, type Folder, filesIn, removed, textOf, uniqueName, writeWhole } from './folder.ts'
import { Holds } from './holds.ts'
import { PastBook } from './past.ts'
import { ReadyWindow } from './scan.ts'
import { Turns } from './turns.ts'

/** One opened queue: its folder and what this process remembers of it. */
export interface Store {
  readonly url: string
  readonly folder: Folder
  /** The last epoch that was seen: what is remembered is of that life. */
  readonly life: { epoch: string }
  readonly clock: Clock
  readonly window: ReadyWindow
  /** The turns of those who lease. */
  readonly leasing: Turns
  readonly done: DoneBook
  readonly holds: Holds
  readonly past: PastBook
  /** Bodies of the tasks that this process holds, by their tokens. */
  readonly bodies: Map<string, HeldBody>
  /** Whether a task that is away is leased or delayed, by its name: a name's meaning never changes. */
  readonly kinds: Map<string, 'leased' | 'delayed'>
  /** Files that could not be read, and when they were first seen, on the monotonic clock. */
  readonly unreadable: Map<string, number>
}

/** What a leased task says, and who leased it. */
export interface HeldBody {
  readonly id: string
  readonly body: string
  readonly worker?: string
  /** Whether runs may have been charged to it, so that there is a file to look for. */
  isCharged: boolean
}

/** What a process remembers of a queue that it has just opened. */
export function storeOf(url: string, folder: Folder, clock: Clock, random: () => number): Store {
  return {
    url,
    folder,
    life: { epoch: '' },
    clock,
    window: new ReadyWindow(folder.queue, clock, random),
    leasing: new Turns(),
    done: new DoneBook(folder, () => readEpoch(folder)),
    holds: new Holds(folder),
    past: new PastBook(folder),
    bodies: new Map(),
    kinds: new Map(),
    unreadable: new Map(),
  }
}

/** The time as names have it: whole seconds that have passed. */
export function secondsNow({ clock }: Store): number {
  return Math.floor(clock.now() / 1000)
}

/** The stamp of something that lasts `seconds`: never shorter than asked for. */
export function stampAfter({ clock }: Store, seconds: number): number {
  return Math.ceil(clock.now() / 1000 + seconds)
}

/** Which life of the queue this is: purging begins another, and no token outlives one. */
export function epochOf(store: Store): string {
  const epoch = readEpoch(store.folder)
  if (epoch === store.life.epoch) return epoch
  store.life.epoch = epoch
  store.kinds.clear()
  store.bodies.clear()
  // Purging removed the files that this process has open: what it went on writing into them would be read by nobody.
  store.holds.close()
  store.past.close()
  return epoch
}

function readEpoch(folder: Folder): string {
  const epoch = textOf(folder.epoch)
  if (epoch !== undefined && /^[0-9a-f]{12}$/.test(epoch)) return epoch
  return startEpoch(folder)
}

function startEpoch(folder: Folder): string {
  try {
    writeFileSync(folder.epoch, newEpoch(), { flag: 'wx' })
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    // Half a file, left by a crash, or a link, which is replaced and not written through: nobody can hold a
    // lease of that life.
    if (textOf(folder.epoch)?.length !== 12)
      writeWhole({ ...folder, durable: false }, folder.epoch, newEpoch())
  }
  return textOf(folder.epoch) ?? ''
}

/** What has changed within so long may be somebody's work in hand. */
export const restSeconds = 60

/** The keys of the dead. */
export function deadKeys({ folder }: Store): readonly string[] {
  return filesIn(folder.dead).flatMap(file => (file.endsWith('.json') ? [file.slice(0, -5)] : []))
}

/** A name for a life of the queue. */
export function newEpoch(): string {
  return randomBytes(6).toString('hex')
}

/** The time by the clock of whoever keeps the files, with which their stamps can be compared. */
export function folderTime({ folder }: Store): number {
  const path = join(folder.temp, uniqueName())
  writeFileSync(path, '')
  const { mtimeMs } = statSync(path)
  removed(path)
  return mtimeMs
}
