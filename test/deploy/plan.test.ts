import { describe, expect, test } from 'vitest'
import {
  affordableWorkers,
  DEFAULT_SHAPE,
  type FleetRequest,
  findMachine,
  MACHINES,
  type Plan,
  parseBytes,
  parseCpu,
  plan,
  price,
} from '../../src/deploy/index.ts'

describe('a plan', () => {
  test('counts nodes, and adds the system node and the cluster fee to their price', () => {
    const planned = planOf({ workers: 8, machines: machines('e2-standard-4') })
    expect(planned.nodes).toBe(3)
    expect(planned.idlePerHour).toBeCloseTo(0.1335, 10)
    expect(planned.perHour.spot).toBeCloseTo(0.1335 + 3 * 0.0402, 10)
    expect(planned.perHour.onDemand).toBeCloseTo(0.1335 + 3 * 0.134, 10)
  })

  test('chooses the machine type with the cheapest fleet as it was asked for', () => {
    const all = MACHINES.map(machine => planOf({ workers: 100, machines: [machine] }, 'absent'))
    const chosen = planOf({ workers: 100, machines: MACHINES })
    const cheapest = Math.min(...all.flatMap(each => (each ? [price(each)] : [])))
    expect(price(chosen)).toBe(cheapest)
  })

  test('is absent when no machine type holds a single worker', () => {
    expect(planOf({ workers: 1, machines: machines('e2-medium') }, 'absent')).toBeUndefined()
  })

  test('reckons the whole queue from the tasks of the busiest worker', () => {
    const work = { tasks: 9, secondsEach: 3600 }
    const { queue, perHour } = planOf({ workers: 8, machines: machines('e2-standard-4'), work })
    expect(queue).toEqual({ hours: 2, spot: 2 * perHour.spot, onDemand: 2 * perHour.onDemand })
  })

  test('affords its own workers at its own price, and a node less below it', () => {
    const planned = planOf({ workers: 9, machines: machines('e2-standard-4') })
    expect(affordableWorkers(planned, price(planned))).toBe(9)
    expect(affordableWorkers(planned, price(planned) - 0.001)).toBe(6)
    expect(affordableWorkers(planned, 0.01)).toBe(0)
  })
})

describe('a quantity', () => {
  test.each([
    ['700m', 700],
    ['2', 2000],
    ['0.5', 500],
    ['0.7', 700],
  ])('of CPU reads %s as %i thousandths', (text, value) => {
    expect(parseCpu(text)).toEqual({ value })
  })

  test.each([
    ['500Mi', 500],
    ['1Gi', 1024],
    ['1.5Gi', 1536],
    ['1048576', 1],
    ['2M', 2e6 / 2 ** 20],
  ])('of memory reads %s in MiB', (text, value) => {
    expect(parseBytes(text)).toEqual({ value })
  })

  test.each(['100x', '', '-1', '1e3', '0', '0.0001', '$(id)', 'NaN', ' 1'])(
    'of CPU refuses "%s" with a sentence',
    text => {
      expect(parseCpu(text)).toMatchObject({ problem: expect.stringMatching(/write .+\.$/) })
    },
  )

  test.each(['100x', '', '-1Gi', '1gi', 'Gi', '1constructor', '1 Gi'])(
    'of memory refuses "%s" with a sentence',
    text => {
      expect(parseBytes(text)).toMatchObject({ problem: expect.stringMatching(/write .+\.$/) })
    },
  )

  test('of memory without its unit is asked back, not taken as bytes', () => {
    expect(parseBytes('500')).toMatchObject({ problem: expect.stringContaining('500Mi?') })
    expect(parseBytes('500m')).toMatchObject({ problem: expect.stringContaining('500Mi?') })
  })
})

type Fleet = Pick<FleetRequest, 'workers' | 'machines' | 'work'>

function planOf(fleet: Fleet): Plan
function planOf(fleet: Fleet, mayBe: 'absent'): Plan | undefined
function planOf(fleet: Fleet, mayBe?: 'absent'): Plan | undefined {
  const request = { cpuMillis: 1000, memoryMiB: 3072, diskMiB: 0 }
  const planned = plan({ ...fleet, request, shape: DEFAULT_SHAPE, provisioning: 'spot' })
  if (!planned && !mayBe) throw new Error('no plan for a fleet that should have one')
  return planned
}

function machines(name: string) {
  const machine = findMachine(name)
  return machine ? [machine] : []
}
