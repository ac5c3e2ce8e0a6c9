import { expect, test } from 'vitest'
import { chanceOf, planFaults } from '../../storm/plan.ts'
import { runAll } from '../../storm/schedule.ts'
import type { StormTest } from '../../storm/storm.ts'

const kinds = ['supervisor', 'runner'] as const

test('a seed makes the same plan of faults again, whatever was run before', () => {
  const plan = () => planFaults(chanceOf(7, 'kill sqlite'), 20, kinds)
  const first = plan()
  planFaults(chanceOf(7, 'kill fq'), 5, kinds)
  expect(plan()).toEqual(first)
})

test('another seed and another test make other plans', () => {
  const plans = [
    planFaults(chanceOf(7, 'kill sqlite'), 20, kinds),
    planFaults(chanceOf(8, 'kill sqlite'), 20, kinds),
    planFaults(chanceOf(7, 'kill fq'), 20, kinds),
  ]
  expect(new Set(plans.map(plan => JSON.stringify(plan))).size).toBe(3)
})

test('faults come in the order of the work, of every kind, and leave the last tenth in peace', () => {
  const faults = planFaults(chanceOf(7, 'kill sqlite'), 100, kinds)
  const shares = faults.map(({ atShare }) => atShare)
  expect(shares).toEqual(shares.toSorted((one, other) => one - other))
  expect(shares.at(-1)).toBeLessThan(0.9)
  expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(kinds))
})

test('tests that are spoilt by others run each by itself, after those that mostly wait', async () => {
  const rows = ['light', 'heavy', 'light', 'light', 'heavy'].map((load, at) => ({
    test: { name: `${load} ${at}`, load } as StormTest,
  }))
  const running = new Set<string>()
  const beside = new Map<string, number>()
  await runAll(rows, async ({ test: { name } }) => {
    running.add(name)
    await new Promise(resolve => {
      setImmediate(resolve)
    })
    beside.set(name, running.size)
    running.delete(name)
  })
  expect([...beside]).toEqual([
    ['light 0', 3],
    ['light 2', 2],
    ['light 3', 1],
    ['heavy 1', 1],
    ['heavy 4', 1],
  ])
})
