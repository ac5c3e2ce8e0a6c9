import type { Machine } from './machines.ts'

/** How a node is set up, as far as it changes what is left for workers. */
export interface NodeShape {
  /** GKE's limit on pods a node; above 110 it sets more CPU aside. */
  readonly maxPods: number
  readonly diskGiB: number
}

/** What GKE sets up when it is told nothing. */
export const DEFAULT_SHAPE: NodeShape = { maxPods: 110, diskGiB: 100 }

/** An amount of each thing that pods ask for; `pods` counts the pods themselves. */
export interface Resources {
  readonly cpuMillis: number
  readonly memoryMiB: number
  readonly diskMiB: number
  readonly pods: number
}

/** What Kubernetes reports as allocatable on a node: the machine less what GKE and the kernel keep. */
export function allocatable(machine: Machine, shape: NodeShape = DEFAULT_SHAPE): Resources {
  const { memoryMiB } = machine
  const diskMiB = shape.diskGiB * 1024
  return {
    cpuMillis: machine.cpuMillis - cpuReserved(machine, shape),
    memoryMiB: Math.floor(
      memoryMiB - kernelMemory(memoryMiB) - memoryReserved(memoryMiB) - EVICTION_MIB,
    ),
    diskMiB: Math.floor(diskMiB - diskReserved(diskMiB)),
    pods: shape.maxPods,
  }
}

/** What workers can have of a node: allocatable less GKE's own pods, with 1 % of the memory to spare. */
export function usable(machine: Machine, shape: NodeShape = DEFAULT_SHAPE): Resources {
  const all = allocatable(machine, shape)
  return {
    cpuMillis: Math.max(0, all.cpuMillis - DAEMONS.cpuMillis),
    memoryMiB: Math.max(0, Math.floor((all.memoryMiB - DAEMONS.memoryMiB) * MEMORY_MARGIN)),
    diskMiB: all.diskMiB,
    pods: Math.max(0, all.pods - DAEMONS.pods),
  }
}

/** Requests of the DaemonSets that GKE runs on every node; the number of pods is an upper bound. */
const DAEMONS = { cpuMillis: 384, memoryMiB: 626, pods: 12 } as const
const MEMORY_MARGIN = 0.99
const EVICTION_MIB = 100

function cpuReserved(machine: Machine, shape: NodeShape): number {
  const manyPods = shape.maxPods > 110 ? 400 : 0
  // Shared-core machines are reckoned as one core, and the other one is set aside whole.
  const [counted, extra] = machine.sharedCore ? [1000, 1000] : [machine.cpuMillis, 0]
  return Math.ceil(stepped(counted, CPU_STEPS)) + extra + manyPods
}

function memoryReserved(memoryMiB: number): number {
  return memoryMiB <= 1000 ? 255 : stepped(memoryMiB, MEMORY_STEPS)
}

function kernelMemory(memoryMiB: number): number {
  const pageTables = memoryMiB / 64 + 16
  const crashKernel = memoryMiB > 3 * 1024 ? 64 : 0
  const bounceBuffers = memoryMiB <= 8 * 1024 ? 8 : 0
  return pageTables + crashKernel + bounceBuffers + Math.min(memoryMiB * 0.00175, 248)
}

function diskReserved(diskMiB: number): number {
  return Math.min(diskMiB * 0.5, 6 * 1024 + diskMiB * 0.35, 100 * 1024)
}

/** Each share holds from the step before it up to `upTo`. */
type Steps = readonly { readonly upTo: number; readonly share: number }[]

const CPU_STEPS: Steps = [
  { upTo: 1000, share: 0.06 },
  { upTo: 2000, share: 0.01 },
  { upTo: 4000, share: 0.005 },
  { upTo: Number.POSITIVE_INFINITY, share: 0.0025 },
]

const MEMORY_STEPS: Steps = [
  { upTo: 4000, share: 0.25 },
  { upTo: 8000, share: 0.2 },
  { upTo: 16_000, share: 0.1 },
  { upTo: 128_000, share: 0.06 },
  { upTo: Number.POSITIVE_INFINITY, share: 0.02 },
]

function stepped(amount: number, steps: Steps): number {
  let sum = 0
  let from = 0
  for (const { upTo, share } of steps) {
    if (amount <= from) break
    sum += (Math.min(amount, upTo) - from) * share
    from = upTo
  }
  return sum
}
