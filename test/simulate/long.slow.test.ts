import { expect, it } from 'vitest'
import { playAlone, playMany } from '../../simulate/many.ts'
import { planOf, queues } from '../../simulate/plan.ts'
import { loadSubject } from '../../simulate/subject.ts'

it.each(queues)('workers keep every promise in a thousand more histories (%s)', async queue => {
  // Always the same here, so that a change is judged by itself; npm run simulate takes new ones.
  const seed = 1_000_000
  const histories = queue === 'memory' ? 1000 : 400
  const { failures } = await playMany({ subject: await loadSubject(), queue, seed, histories })
  // The seeds say how to see it again: npm run simulate -- --queue ... --seed ... --histories 1
  expect(failures.map(({ seed, played }) => ({ seed, broken: played.broken }))).toEqual([])
})

it('delays are waited for that a clock set back before a boot has made longer', async () => {
  const fault = { victim: 0, seconds: 1 }
  const { broken, lines } = await playAlone(
    {
      ...planOf(1, 'sqlite'),
      ...{ maxAttempts: 9, namesBoots: true, workers: [1] },
      tasks: [{ id: 'late', runs: [{ does: 'retry', seconds: 0.01 }] }],
      faults: [
        { ...fault, atSeconds: 5, kind: 'jump', seconds: -5000 },
        { ...fault, atSeconds: 6, kind: 'reboot' },
      ],
      rates: { lostRequests: 0, lostReplies: 0, late: 0 },
    },
    await loadSubject(),
  )
  expect(broken).toEqual([])
  expect(JSON.stringify(lines)).toContain('reboot')
}, 60_000)
