import { TaskqError } from '../queue/errors.ts'
import type { FailureKind } from './retry.ts'
import type { RunnerEnd } from './runner.ts'

/** Why the worker ended a runner's process itself. */
export type KilledFor = 'timeout' | 'memory' | 'garbage' | 'stop'

/** What was seen of a process or thread that ended. */
export interface SeenEnd {
  readonly where: 'process' | 'thread'
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
  readonly killedFor: KilledFor | undefined
  /** What the process said when it left by itself, having told whom to blame. */
  readonly farewell: string | undefined
  readonly timeoutSeconds: number
  /** Of its memory, in bytes. */
  readonly limit: number | undefined
  /** Node ended the thread for its heap was full. */
  readonly isHeapFull?: boolean
}

/** What can be told of an end from what was seen. */
type Described = Omit<RunnerEnd, 'suspects' | 'hadBegun' | 'isRefused'>

/** Says what kind of failure it was, and in words. */
export function describeEnd(seen: SeenEnd): Described {
  const { output, farewell, killedFor } = seen
  const failure = failureOf(seen)
  const blames = farewell === undefined && killedFor !== 'stop'
  const isKilled = isFromOutside(seen)
  return { failure, reason: reasonOf(seen, failure), output, blames, isKilled }
}

/** The error for a process that ended before its task was loaded: `invalid` if that is the task's fault. */
export function neverReady({ reason, output, isKilled }: Described): Error {
  const said = output === '' ? '' : ` It said: ${output.slice(-2000)}`
  const message = `The task could not be loaded: ${reason} while it was imported.${said}`
  return isKilled ? new Error(message) : new TaskqError('invalid', message)
}

/** V8's own words when the heap is full. */
const outOfHeap = 'JavaScript heap out of memory'

function failureOf({ killedFor, output, isHeapFull }: SeenEnd): FailureKind {
  if (killedFor === 'timeout' || killedFor === 'memory') return killedFor
  if (isHeapFull === true) return 'memory'
  return output.includes(outOfHeap) ? 'memory' : 'exit'
}

function isFromOutside({ signal, killedFor }: SeenEnd): boolean {
  return signal === 'SIGKILL' && killedFor === undefined
}

function reasonOf(seen: SeenEnd, failure: FailureKind): string {
  const { where, code, signal, killedFor, farewell, timeoutSeconds, limit } = seen
  if (farewell !== undefined) return farewell
  if (killedFor === 'timeout')
    return `took longer than ${timeoutSeconds} s and did not end when told to`
  if (killedFor === 'memory')
    return `its runner used more than ${limit} bytes of memory (TQ_MEMORY_LIMIT)`
  if (killedFor === 'garbage')
    return 'something wrote to the pipe on which its runner talks to the worker (descriptor 4), or changed how it does'
  if (killedFor === 'stop') return 'the worker stopped it'
  if (failure === 'memory') return 'its runner ran out of heap memory'
  if (isFromOutside(seen))
    return 'its process was killed by SIGKILL from outside, perhaps for want of memory'
  return signal === null ? `its ${where} ended with code ${code}` : `its process died of ${signal}`
}
