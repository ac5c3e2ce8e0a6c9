import { isCancelled } from '../queue/cancelled.ts'
import type { TaskView } from '../queue/driver.ts'
import { countText } from '../terminal/amounts.ts'
import { type Reason, Reasons, reasonLines } from './reasons.ts'
import type { ResultRow } from './rows.ts'

/** How complete the results of a queue are. */
export interface Completeness {
  /** Tasks in the queue, whatever became of them, or rows expected by the caller. */
  readonly tasks: number
  readonly results: number
  /** Waiting, delayed, leased, or finished only while the results were being read. */
  readonly unfinished: Listed
  /** Expected, but not in the queue at all. */
  readonly absent: Listed
  readonly dead: Listed
  /** Why most of these died; empty where the store does not tell. */
  readonly reasons: readonly Reason[]
  /** Dead because a person said so. */
  readonly cancelled: Listed
  /** Finished by a program that records nothing. */
  readonly withoutResult: Listed
  /** Results beyond the first of an id, which do not count. */
  readonly repeated: number
  readonly isComplete: boolean
}

/** How many there are, and the ids of the first of them. */
export interface Listed {
  readonly count: number
  readonly ids: readonly string[]
}

/** What a census needs to know of a task. */
export interface Counted extends Pick<ResultRow, 'id' | 'status'> {
  /** Whether anything is recorded of a task that is done. Default false. */
  readonly isRecorded?: boolean
  /** Why it is dead. */
  readonly reason?: unknown
}

/** Counts what became of tasks, one by one, in flat memory. */
export class Census {
  readonly #lists = {
    unfinished: new List(),
    absent: new List(),
    dead: new List(),
    cancelled: new List(),
    withoutResult: new List(),
  }
  readonly #reasons = new Reasons()
  #results = 0
  #repeated = 0

  count({ id, status, isRecorded = false, reason }: Counted): void {
    const { unfinished, absent, dead, cancelled, withoutResult } = this.#lists
    if (status === 'done') {
      if (isRecorded) this.#results += 1
      else withoutResult.add(id)
    } else if (status === 'dead' && isCancelled(reason)) cancelled.add(id)
    else if (status === 'dead') {
      dead.add(id)
      if (typeof reason === 'string') this.#reasons.add(id, reason)
    } else (status === 'absent' ? absent : unfinished).add(id)
  }

  repeat(): void {
    this.#repeated += 1
  }

  /** Counts tasks whose ids are not known; none when `count` is below 1. */
  unlisted(kind: 'unfinished' | 'dead', count: number): void {
    this.#lists[kind].count += Math.max(0, count)
  }

  /** Tasks that were counted as done. */
  get done(): number {
    return this.#results + this.#lists.withoutResult.count
  }

  completeness(): Completeness {
    const { unfinished, absent, dead, cancelled, withoutResult } = this.#lists
    const lists = [unfinished, absent, dead, cancelled, withoutResult]
    const tasks = lists.reduce((sum, { count }) => sum + count, this.#results)
    return {
      ...{ tasks, results: this.#results },
      ...{ unfinished: unfinished.listed, absent: absent.listed, dead: dead.listed },
      reasons: this.#reasons.listed,
      ...{ cancelled: cancelled.listed, withoutResult: withoutResult.listed },
      ...{ repeated: this.#repeated, isComplete: tasks === this.#results },
    }
  }
}

/** A task of the queue as a census counts it. */
export function countedView({ id, state, reason, record }: TaskView): Counted {
  return { id, status: state, isRecorded: record !== undefined, reason }
}

/** A row of results as a census counts it. */
export function countedRow(row: ResultRow): Counted {
  const { id, status, text, facts } = row
  const isRecorded = text !== undefined || row.value !== undefined
  return { id, status, isRecorded, reason: facts['reason'] }
}

/** Whether the queue of some results shows single tasks, shows none of those that wait, or is no more. */
export type QueueIs = 'there' | 'hidden' | 'gone'

/**
 * A sentence or two for people: what is there, and of what is not the first ids. What to do about it
 * is said unless the queue is `gone`; of tasks that it keeps `hidden` nobody knows whether they wait in it.
 */
export function describeCompleteness(found: Completeness, queue: QueueIs = 'there'): string {
  const lines = [`${amount(found.results, 'result')} of ${amount(found.tasks, 'task')}.`]
  const kinds: readonly (readonly [name: string, listed: Listed, advice: string])[] = [
    ['not finished', found.unfinished, 'run: taskq work --until drained'],
    queue === 'hidden'
      ? ['without a result', found.absent, 'how many still wait: taskq status']
      : ['not in the queue', found.absent, 'insert the table: taskq insert'],
    ['dead', found.dead, 'see why: taskq results --failed; then: taskq retry-dead'],
    ['cancelled', found.cancelled, 'bring them back with: taskq retry-dead'],
    ['finished without a result', found.withoutResult, 'another program worked on this queue'],
  ]
  for (const [name, listed, advice] of kinds) {
    const { count, ids } = listed
    if (count === 0) continue
    const rest = count - ids.length
    const more = rest === 0 ? [] : [`${countText(rest)} more`]
    const named = ids.length === 0 ? '' : `: ${[...ids, ...more].join(', ')}`
    lines.push(`${countText(count)} ${name}${named}${queue === 'gone' ? '' : ` (${advice})`}`)
    // Of a single one `--failed` says more.
    if (listed === found.dead && count > 1) lines.push(...reasonLines(found.reasons, count))
  }
  if (found.repeated > 0)
    lines.push(`${found.repeated} repeated results were left out; the first of each id counts.`)
  return lines.join('\n')
}

function amount(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** How many ids are named of each kind. */
export const mostListed = 20

class List {
  count = 0
  readonly ids: string[] = []

  get listed(): Listed {
    return { count: this.count, ids: this.ids }
  }

  add(id: string): void {
    this.count += 1
    if (this.ids.length < mostListed) this.ids.push(id)
  }
}
