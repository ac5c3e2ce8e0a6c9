import { append, type Folder, notesPath, textOf } from './folder.ts'
import { nameOf, parseName } from './names.ts'

/**
 * The stamps that a task has had, oldest first, as its movement file lists them. Python looks through
 * the names only to find the file, so that a name written twice tells us what Python does not ask:
 *
 *   T         a lease until T, or a release
 *   T, T'     after an earlier T: the same lease, extended to T'
 *   T, T      no earlier T: a delay until T
 */
export type Movement = readonly number[]

/** Reads a task's movement; `[]` where it has none. */
export function readMovement(folder: Folder, key: string): Movement {
  const stamps: number[] = []
  for (const line of (textOf(notesPath(folder, key)) ?? '').split('\n')) {
    const name = parseName(line)
    if (name?.key === key) stamps.push(name.stamp)
  }
  return stamps
}

/** Notes a lease or a release. */
export function noteName(folder: Folder, key: string, stamp: number): void {
  append(notesPath(folder, key), `${nameOf(key, stamp)}\n`)
}

/** Notes that the lease until `from` now lasts until `to`. */
export function noteExtension(folder: Folder, key: string, from: number, to: number): void {
  append(notesPath(folder, key), `${nameOf(key, from)}\n${nameOf(key, to)}\n`)
}

/** Notes a delay. */
export function noteDelay(folder: Folder, key: string, stamp: number): void {
  append(notesPath(folder, key), `${nameOf(key, stamp)}\n`.repeat(2))
}

/** The stamp that a lease has now, its extensions followed. */
export function follow(movement: Movement, stamp: number): number {
  let current = stamp
  let isKnown = false
  for (let at = 0; at < movement.length; at += 1) {
    if (movement[at] !== current) continue
    const next = movement[at + 1]
    if (isKnown && next !== undefined) {
      current = next
      at += 1
    }
    isKnown = true
  }
  return current
}

/** Whether a task that is away until `stamp` waits for that time rather than being leased. */
export function isDelay(movement: Movement, stamp: number): boolean {
  return (
    movement[0] === stamp || movement.some((one, at) => one === stamp && movement[at + 1] === stamp)
  )
}

/** The first stamp from `wanted` on, upwards or downwards, that the task never had: a name is never used twice. */
export function unused(movement: Movement, wanted: number, step: 1 | -1): number {
  let stamp = wanted
  while (movement.includes(stamp)) stamp += step
  return stamp
}
