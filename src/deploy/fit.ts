import { DEFAULT_SHAPE, type NodeShape, type Resources, usable } from './allocatable.ts'
import type { Machine } from './machines.ts'

/** What one worker asks of its node. */
export type Request = Omit<Resources, 'pods'>

/** The request that runs out first; `pods` is the limit on pods a node. */
export type Binding = 'cpu' | 'memory' | 'disk' | 'pods'

/** How many workers one node holds, and why not more. */
export interface Fit {
  readonly machine: Machine
  readonly workers: number
  readonly binding: Binding
  readonly usable: Resources
  /** The smallest change that lets one more worker in; absent when it is no small change. */
  readonly hint?: Hint
}

/** Requests lowered so far that a node holds one worker more, or a few where they are very small. */
export interface Hint {
  readonly workers: number
  readonly cpuMillis?: number
  readonly memoryMiB?: number
  readonly diskMiB?: number
  /** How much less a worker then costs, as a share of the cost now. */
  readonly saving: number
}

/** How many workers of that size one node of `machine` holds. */
export function fitWorkers(
  machine: Machine,
  request: Request,
  shape: NodeShape = DEFAULT_SHAPE,
): Fit {
  const room = usable(machine, shape)
  const counts = countsOf(room, request)
  const workers = Math.min(...Object.values(counts))
  const binding = BINDINGS.find(name => counts[name] === workers) ?? 'cpu'
  const hint = oneMore(workers, room, request)
  return { machine, workers, binding, usable: room, ...(hint && { hint }) }
}

const BINDINGS = ['cpu', 'memory', 'disk', 'pods'] as const satisfies readonly Binding[]

/** A request is lowered in steps that people would write. */
const STEP = 10
/** Asking for less than this share of what was wanted is another worker, not a hint. */
const LEAST_SHARE = 0.8

function countsOf(room: Resources, request: Request): Readonly<Record<Binding, number>> {
  return {
    cpu: fits(room.cpuMillis, request.cpuMillis),
    memory: fits(room.memoryMiB, request.memoryMiB),
    disk: fits(room.diskMiB, request.diskMiB),
    pods: room.pods,
  }
}

function fits(room: number, each: number): number {
  return each === 0 ? Number.POSITIVE_INFINITY : Math.floor(room / each)
}

function oneMore(workers: number, room: Resources, request: Request): Hint | undefined {
  const wanted = workers + 1
  if (workers === 0 || wanted > room.pods) return undefined
  const cpuMillis = lowered(room.cpuMillis, request.cpuMillis, wanted)
  const memoryMiB = lowered(room.memoryMiB, request.memoryMiB, wanted)
  const diskMiB = lowered(room.diskMiB, request.diskMiB, wanted)
  if (cpuMillis === 'too-low' || memoryMiB === 'too-low' || diskMiB === 'too-low') return undefined
  const less = {
    ...(cpuMillis !== undefined && { cpuMillis }),
    ...(memoryMiB !== undefined && { memoryMiB }),
    ...(diskMiB !== undefined && { diskMiB }),
  }
  // Of very small workers even more than one fits in when a request is lowered by a whole step.
  const then = Math.min(...Object.values(countsOf(room, { ...request, ...less })))
  return { workers: then, ...less, saving: 1 - workers / then }
}

/** The request at which `wanted` workers share the room; `undefined` when they do already. */
function lowered(room: number, each: number, wanted: number): number | 'too-low' | undefined {
  if (each * wanted <= room) return undefined
  const share = Math.floor(room / wanted / STEP) * STEP
  return share < each * LEAST_SHARE ? 'too-low' : share
}
