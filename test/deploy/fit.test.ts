import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  allocatable,
  findMachine,
  fitWorkers,
  MACHINES,
  type Machine,
  usable,
} from '../../src/deploy/index.ts'

describe('what a node has for workers', () => {
  test.each([
    ['e2-standard-4', [3920, 13_296], [3536, 12_543]],
    ['e2-standard-8', [7910, 28_412], [7526, 27_508]],
    ['e2-standard-16', [15_890, 58_645], undefined],
    ['e2-medium', [940, 2817], [556, 2169]],
  ])('%s has what GKE was seen to leave', (name, left, forWorkers) => {
    const machine = known(name)
    expect(amounts(allocatable(machine))).toEqual(left)
    if (forWorkers) expect(amounts(usable(machine))).toEqual(forWorkers)
  })

  test('more than 110 pods a node cost 400 thousandths of a core', () => {
    const machine = known('e2-standard-4')
    const crowded = allocatable(machine, { maxPods: 256, diskGiB: 100 })
    expect(allocatable(machine).cpuMillis - crowded.cpuMillis).toBe(400)
  })

  test('a disk loses 6 GiB and 35 %, at most half of it and at most 100 GiB', () => {
    const disk = (diskGiB: number) =>
      allocatable(known('e2-standard-4'), { maxPods: 110, diskGiB }).diskMiB / 1024
    expect([disk(10), disk(100), disk(600)]).toEqual([5, 59, 500])
  })
})

describe('how many workers fit', () => {
  test.each([
    ['e2-standard-4', 3],
    ['e2-standard-8', 7],
    ['e2-standard-16', 15],
    ['e2-medium', 0],
  ])('%s holds the expected number of workers of 1 CPU and 3 GiB', (name, workers) => {
    expect(fitWorkers(known(name), worker(1000, 3072))).toMatchObject({ workers, binding: 'cpu' })
  })

  test('three workers on e2-standard-4 become four at 880m, a quarter cheaper', () => {
    const { hint } = fitWorkers(known('e2-standard-4'), worker(1000, 3072))
    expect(hint).toEqual({ workers: 4, cpuMillis: 880, saving: 0.25 })
  })

  test('memory, disk and the limit on pods can run out first', () => {
    const machine = known('e2-standard-4')
    expect(fitWorkers(machine, worker(100, 6000)).binding).toBe('memory')
    expect(fitWorkers(machine, { ...worker(100, 100), diskMiB: 30_000 }).binding).toBe('disk')
    const fewPods = { maxPods: 20, diskGiB: 100 }
    expect(fitWorkers(machine, worker(10, 10), fewPods)).toMatchObject({
      workers: 8,
      binding: 'pods',
    })
  })

  test('no hint asks for less than 80 % of what was wanted', () => {
    expect(fitWorkers(known('e2-standard-4'), worker(2500, 3072)).hint).toBeUndefined()
  })

  test('what fits never exceeds the node, one more always does, and a hint keeps its word', () => {
    const anyMachine = fc.constantFrom<Machine[]>(...MACHINES)
    const anyWorker = fc.record({
      cpuMillis: fc.integer({ min: 1, max: 9000 }),
      memoryMiB: fc.integer({ min: 1, max: 70_000 }),
      diskMiB: fc.integer({ min: 0, max: 70_000 }),
    })
    const property = fc.property(anyMachine, anyWorker, (machine, request) => {
      const { workers, usable: room, hint } = fitWorkers(machine, request)
      const holds = (count: number) =>
        count * request.cpuMillis <= room.cpuMillis &&
        count * request.memoryMiB <= room.memoryMiB &&
        count * request.diskMiB <= room.diskMiB &&
        count <= room.pods
      expect([holds(workers), holds(workers + 1)]).toEqual([true, false])
      if (hint === undefined) return
      expect(hint.workers).toBeGreaterThan(workers)
      expect(fitWorkers(machine, { ...request, ...hint }).workers).toBe(hint.workers)
    })
    fc.assert(property, { numRuns: 1000 })
  })
})

function known(name: string): Machine {
  const machine = findMachine(name)
  if (!machine) throw new Error(`no machine type ${name} in the price table`)
  return machine
}

function worker(cpuMillis: number, memoryMiB: number) {
  return { cpuMillis, memoryMiB, diskMiB: 0 }
}

function amounts({ cpuMillis, memoryMiB }: { cpuMillis: number; memoryMiB: number }) {
  return [cpuMillis, memoryMiB]
}
