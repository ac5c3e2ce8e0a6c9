import { calleeOf } from '../../queue/callee.ts'
import type { Lease, Message, TaskView } from '../../queue/driver.ts'
import { isTaskqError, TaskqError } from '../../queue/errors.ts'
import type { Queue } from '../../queue/queue.ts'

/** What a destination may not be able to take along with a task. */
export const losses = ['attempts', 'priority', 'delay'] as const

/** Names one of them. */
export type Loss = (typeof losses)[number]

/** A task on its way from one queue to another. */
export interface Traveller {
  readonly id: string
  readonly body: string
  readonly priority: number
  /** Seconds that are left of its delay. */
  readonly delaySeconds: number
  /** Runs charged to it, which start over at the destination. */
  readonly attempts: number
}

/** A task as the destination gets it, or why it cannot have it. */
export type Carried =
  | { readonly message: Message; readonly lost: readonly Loss[] }
  | { readonly refused: string }

/** A task as it was listed. One that is leased or dead waits at the destination like any other. */
export function ofView({ id, body, state, headers, attempts, secondsLeft }: TaskView): Traveller {
  return {
    ...{ id, body, priority: headers.priority ?? 0 },
    delaySeconds: state === 'delayed' ? Math.max(0, secondsLeft ?? 0) : 0,
    // Dead tasks are wanted anew: that they start over is no loss.
    attempts: state === 'dead' ? 0 : attempts,
  }
}

/** A task that was borrowed: its delay is over. */
export function ofLease({ id, body, headers, attempts }: Lease): Traveller {
  return { id, body, priority: headers.priority ?? 0, delaySeconds: 0, attempts }
}

/** Says how each task goes from one queue to the other. Throws where no task could. */
export function carrierOf(from: Queue, to: Queue): (task: Traveller) => Carried {
  const { limits, traits } = to.driver
  const bodyOf = bodyWriterOf(from, to)
  return task => {
    const { id, priority, delaySeconds, attempts } = task
    try {
      const body = bodyOf(task)
      const bytes = Buffer.byteLength(body)
      if (bytes > limits.bodyBytes)
        return { refused: `it has ${bytes} bytes, ${limits.bodyBytes} at most fit there` }
      const delay = Math.min(delaySeconds, limits.delaySeconds)
      const headers = {
        ...(priority !== 0 && traits.ordered && { priority }),
        ...(delay > 0 && { delaySeconds: delay }),
      }
      const isLost = {
        attempts: attempts > 0,
        priority: priority !== 0 && !traits.ordered,
        delay: delay < delaySeconds,
      }
      // It may have been there before: what a store takes for a repeat and drops would be nowhere then.
      const message = { id, body, headers, again: true } as const
      return { message, lost: losses.filter(loss => isLost[loss]) }
    } catch (error) {
      if (isTaskqError(error, 'invalid')) return { refused: error.message }
      throw error
    }
  }
}

/** Bodies stay as they are to the letter where both queues write them the same way. */
function bodyWriterOf(from: Queue, to: Queue): (task: Traveller) => string {
  if (from.driver.wire === to.driver.wire) return ({ body }) => body
  // Here and not with the first task: a wrong variable is a fault of the call, not of a task.
  const { module, name } = calleeOf(undefined)
  const ours = `${module}:${name}`
  return task => {
    const { callee, ...opened } = from.decode(task)
    if (callee?.writer === 'python') {
      if (callee.name !== ours) throw cannotCall(callee.name, ours)
      if (callee.args.length > 0)
        throw new TaskqError('invalid', 'it has positional arguments, which have no names there')
    }
    return to.codec.encode({ ...opened, id: task.id })
  }
}

/** Bodies of ours do not say what to call: a task that calls something else would run the wrong code. */
function cannotCall(called: string, ours: string): TaskqError {
  return new TaskqError(
    'invalid',
    `it calls ${called} in Python, and tasks there call what _runTask stands for (${ours}); set TQ_PYTHON_FUNCTION=${called} if they are the same`,
  )
}
