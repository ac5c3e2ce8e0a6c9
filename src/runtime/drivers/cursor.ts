import type { TaskState } from '../queue/driver.ts'
import { TaskqError } from '../queue/errors.ts'
import { listedStates } from '../queue/states.ts'

/** A place in a listing: a state, then the rank (0 but for ready tasks), then a number that only grows. */
export interface Cursor {
  readonly state: TaskState
  readonly rank: number
  readonly order: number
}

/** The text of a place, for `Page.next`. */
export function writeCursor({ state, rank, order }: Cursor): string {
  return `${state}.${rank}.${order}`
}

/** The place that `writeCursor` wrote; anything else is refused. */
export function readCursor(text: string): Cursor {
  const match = /^([a-z]+)\.(-?\d{1,4})\.(\d{1,16})$/.exec(text)
  const state = listedStates.find(name => name === match?.[1])
  if (match === null || state === undefined)
    throw new TaskqError(
      'invalid',
      `"${text}" is no place in this listing. Pass the "next" of the page before, or nothing.`,
    )
  return { state, rank: Number(match[2]), order: Number(match[3]) }
}

/** The place among what is done that `writeCursor` wrote. */
export function readPlace(text: string): number {
  const { state, order } = readCursor(text)
  if (state === 'done') return order
  throw new TaskqError(
    'invalid',
    `"${text}" is no place among results. Pass the "next" of a page of results, or nothing.`,
  )
}
