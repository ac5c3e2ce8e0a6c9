import { countText } from '../terminal/amounts.ts'
import { fitted } from '../terminal/width.ts'

/** Why some dead tasks died; reasons that differ in numbers, ids and paths alone are one. */
export interface Reason {
  readonly tasks: number
  /** The first of these tasks. */
  readonly id: string
  /** The first line of its reason. */
  readonly reason: string
}

/** Counts the reasons of dead tasks in flat memory. */
export class Reasons {
  readonly #kinds = new Map<
    string,
    { tasks: number; readonly id: string; readonly reason: string }
  >()

  add(id: string, whole: string): void {
    const reason = fitted(whole.split('\n', 1)[0] ?? '', longest)
    const key = reason.replaceAll(varying, '#')
    const kind = this.#kinds.get(key)
    if (kind !== undefined) kind.tasks += 1
    else if (this.#kinds.size < mostKinds) this.#kinds.set(key, { tasks: 1, id, reason })
  }

  /** The most frequent reasons, these first. */
  get listed(): readonly Reason[] {
    const byTasks = [...this.#kinds.values()].sort((one, other) => other.tasks - one.tasks)
    return byTasks.slice(0, mostNamed)
  }
}

/** A line for each reason, with a task to look at, and one for whatever else so many dead tasks died of. */
export function reasonLines(reasons: readonly Reason[], dead: number): readonly string[] {
  const rest = reasons.reduce((left, { tasks }) => left - tasks, dead)
  return [
    ...reasons.map(({ tasks, id, reason }) => `  ${countText(tasks)} like ${id}: ${reason}`),
    ...(rest > 0 && reasons.length > 0 ? [`  ${countText(rest)} of other reasons`] : []),
  ]
}

/** Columns of a terminal's two lines. */
const longest = 160
const mostNamed = 5
const mostKinds = 10_000

/** Numbers, hashes and UUIDs, and what stands in quotes with a number, a dot or a slash in it. */
const varying = /'[^'\s]*[\d./][^'\s]*'|"[^"\s]*[\d./][^"\s]*"|[0-9a-f-]{8,}|\d+/gi
