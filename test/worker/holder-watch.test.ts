import { expect, it } from 'vitest'
import type { TaskView } from '../../src/runtime/index.ts'
import { sentenceOf } from '../../src/runtime/watching/sentences.ts'
import type { WorkEvent } from '../../src/runtime/worker/events.ts'
import { HolderWatch } from '../../src/runtime/worker/holder-watch.ts'

const leased = (worker: string, secondsLeft: number): TaskView => ({
  ...{ id: `${worker}-${secondsLeft}`, state: 'leased', body: '', headers: {} },
  ...{ attempts: 0, deliveries: 1, worker, secondsLeft },
})

it('who waits for others says whose the tasks are, and which of them renews no longer', async () => {
  const told: WorkEvent[] = []
  const watch = new HolderWatch(event => told.push(event))
  const look = (seconds: number) =>
    watch.check(seconds * 1000, 3, () =>
      Promise.resolve([
        leased('gone', 300 - seconds),
        leased('gone', 290 - seconds),
        leased('lives', 298),
      ]),
    )
  for (let seconds = 0; seconds < 60; seconds += 1) await look(seconds)
  expect(told).toEqual([
    {
      event: 'waits-for-others',
      tasks: 3,
      holders: [
        { worker: 'gone', secondsLeft: 285, state: 'silent' },
        { worker: 'lives', secondsLeft: 298, state: 'renews' },
      ],
    },
    expect.objectContaining({ event: 'waits-for-others' }),
  ])
  expect(told.map(event => sentenceOf(event))[0]).toBe(
    'Nothing is left to begin; 3 tasks are with others: gone does not renew them and may be gone, then they come back in 5 min (at once with: taskq release --worker gone); lives, which is at it.',
  )
})

it('after there was something to do it compares anew', async () => {
  const told: WorkEvent[] = []
  const watch = new HolderWatch(event => told.push(event))
  const list = () => Promise.resolve([leased('one', 300)])
  await watch.check(0, 1, list)
  watch.reset()
  await watch.check(15_000, 1, list)
  expect(told).toEqual([])
  await watch.check(30_000, 1, list)
  expect(told).toHaveLength(1)
})
