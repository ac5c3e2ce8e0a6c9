import { beforeAll, describe, expect, it, test } from 'vitest'
import { playAlone, playMany } from '../../simulate/many.ts'
import { planOf, queues } from '../../simulate/plan.ts'
import { figureNames } from '../../simulate/play.ts'
import { shrink } from '../../simulate/shrink.ts'
import { loadSubject, type Subject } from '../../simulate/subject.ts'

let subject: Subject

beforeAll(async () => {
  subject = await loadSubject()
})

describe.each(queues)('workers on a queue of the kind %s', queue => {
  it('keep every promise, whatever is killed, stopped, lost or late', async () => {
    const histories = queue === 'memory' ? 30 : 12
    const { failures, figures } = await playMany({ subject, queue, seed: 1, histories })
    expect(failures.map(({ seed, played }) => ({ seed, broken: played.broken }))).toEqual([])
    // A simulation in which nothing goes wrong would show nothing.
    for (const name of figureNames) expect(figures[name], name).toBeGreaterThan(0)
  })

  it('do the same, step by step, whenever a seed is played', async () => {
    for (const seed of [1, 2, 5]) {
      const one = await playAlone(planOf(seed, queue), subject)
      const other = await playAlone(planOf(seed, queue), subject)
      expect(JSON.stringify(other.lines)).toBe(JSON.stringify(one.lines))
    }
  })

  it('do something else with another seed', async () => {
    const plan = planOf(1, queue)
    const one = await playAlone(plan, subject)
    const other = await playAlone({ ...plan, seed: 2 }, subject)
    expect(JSON.stringify(other.lines)).not.toBe(JSON.stringify(one.lines))
  })
})

test('a plan that fails is made as small as it can be', async () => {
  const fault = { atSeconds: 1, victim: 0, seconds: 1 }
  const faults = (['pause', 'crash', 'jump'] as const).map(kind => ({ ...fault, kind }))
  const plan = { ...planOf(1, 'memory'), faults }
  const small = await shrink(plan, async ({ tasks, faults }) =>
    [tasks.some(({ id }) => id === 't7'), faults.some(({ kind }) => kind === 'crash')].every(
      Boolean,
    ),
  )
  expect(small.tasks.map(({ id }) => id)).toEqual(['t7'])
  expect(small.faults.map(({ kind }) => kind)).toEqual(['crash'])
  expect(small.workers).toHaveLength(1)
  expect(small.rates).toEqual({ lostRequests: 0, lostReplies: 0, late: 0 })
})
