import { expect, it } from 'vitest'
import { playMany } from '../../simulate/many.ts'
import { queues } from '../../simulate/plan.ts'
import { loadSubject } from '../../simulate/subject.ts'

it.each(queues)('workers keep every promise in a thousand more histories (%s)', async queue => {
  // Always the same here, so that a change is judged by itself; npm run simulate takes new ones.
  const seed = 1_000_000
  const histories = queue === 'memory' ? 1000 : 400
  const { failures } = await playMany({ subject: await loadSubject(), queue, seed, histories })
  // The seeds say how to see it again: npm run simulate -- --queue ... --seed ... --histories 1
  expect(failures.map(({ seed, played }) => ({ seed, broken: played.broken }))).toEqual([])
})
