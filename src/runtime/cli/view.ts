import type { TaskView } from '../queue/driver.ts'
import { isTaskqError } from '../queue/errors.ts'
import type { JsonObject } from '../queue/json.ts'
import { writeJson } from '../queue/json.ts'
import type { Queue } from '../queue/queue.ts'
import { safe } from '../terminal/safe.ts'

/** What a body says, or why it cannot be read. */
export type Read =
  | { readonly params: JsonObject; readonly meta: JsonObject }
  | { readonly unreadable: string }

/** Reads the body of a task; one that is not of our making is no fault of the queue's. */
export function read(queue: Queue, view: TaskView): Read {
  try {
    const { params, meta } = queue.decode(view)
    // Python writes numbers that JSON does not have: read for a task, they can be shown only as they lie.
    if (oddNumber.test(view.body)) writeJson(params)
    return { params, meta }
  } catch (error) {
    if (isTaskqError(error)) return { unreadable: error.message }
    throw error
  }
}

const oddNumber = /NaN|Infinity/

/** A task for programs: `params` digit by digit, or the `body` as it lies and why it is `unreadable`. */
export function forMachines(queue: Queue, view: TaskView): object {
  const { id, state, body, headers, attempts, deliveries, secondsLeft, worker, reason, record } =
    view
  const content = read(queue, view)
  return {
    id,
    state,
    attempts,
    deliveries,
    priority: headers.priority,
    secondsLeft,
    worker,
    reason,
    ...('unreadable' in content ? { ...content, body } : content),
    record,
  }
}

/** The parameters as one line for people. */
export function paramsText(queue: Queue, view: TaskView): string {
  const content = read(queue, view)
  return safe('unreadable' in content ? view.body : writeJson(content.params))
}
