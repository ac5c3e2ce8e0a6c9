import { describe, expect, it } from 'vitest'
import { openQueue } from '../../src/runtime/index.ts'
import { retentionNote, willExpire } from '../../src/runtime/queue/retention.ts'
import { Observer } from '../../src/runtime/watching/look.ts'
import { retentionWatch } from '../../src/runtime/watching/retention.ts'
import type { Told } from '../../src/runtime/watching/told.ts'
import { readSettings } from '../../src/runtime/worker/settings.ts'
import { Supervisor } from '../../src/runtime/worker/supervisor.ts'
import { openPlain } from '../queue/plain-driver.ts'
import { wild } from '../worker/bench.ts'
import { look } from './looks.ts'

const day = 86_400

describe('tasks that their store deletes for their age', () => {
  it.each([
    [{ keptSeconds: 4 * day, ageSeconds: day, secondsLeft: 2 * day }, false],
    [{ keptSeconds: 4 * day, ageSeconds: 3 * day, secondsLeft: 2 * day }, true],
    [{ keptSeconds: 4 * day, secondsLeft: 5 * day }, true],
    [{ keptSeconds: 4 * day, secondsLeft: undefined }, false],
    // Nobody knows how long the rest takes: from the last fifth of the time on.
    [{ keptSeconds: 10 * day, ageSeconds: 7 * day, secondsLeft: undefined }, false],
    [{ keptSeconds: 10 * day, ageSeconds: 9 * day, secondsLeft: undefined }, true],
  ])('%j: lost if nothing changes is %s', (ageing, expected) => {
    expect(willExpire(ageing)).toBe(expected)
  })

  it('are spoken of where nobody has given them the two weeks there are', () => {
    expect(retentionNote('sqs://jobs', 4 * day)).toMatch(/sqs:\/\/jobs deletes .* 4 days old/)
    expect(retentionNote('sqs://jobs', 7200)).toMatch(/ 2 hours old/)
    expect(retentionNote('sqs://jobs', day)).toMatch(/ 1 day old/)
    expect(retentionNote('sqs://jobs', 14 * day)).toBeUndefined()
    expect(retentionNote('sqlite:queue.db', undefined)).toBeUndefined()
  })

  it('are warned of by the worker, once an hour', () => {
    const told: Told[] = []
    let now = 0
    const { look: looks } = retentionWatch(
      4 * day,
      one => told.push(one),
      () => now,
    )
    const take = (oldestSeconds: number | undefined, secondsLeft?: number) =>
      looks?.take({ ...look, oldestSeconds, secondsLeft })
    take(undefined, 9 * day)
    take(day, 2 * day)
    expect(told).toEqual([])
    take(3 * day, 2 * day)
    take(3 * day, 2 * day)
    const event = { event: 'tasks-expire', ageSeconds: 3 * day, keptSeconds: 4 * day }
    expect(told).toEqual([{ ...event, secondsLeft: 2 * day }])
    now = 3_600_000
    take(3.5 * day)
    expect(told.at(-1)).toEqual({ ...event, ageSeconds: 3.5 * day })
  })
})

describe('looks at a worker', () => {
  async function observed(plain: boolean) {
    const queue = await openQueue('memory:')
    const { driver } = await openPlain()
    const watched = plain ? { ...queue, driver, counts: () => driver.counts() } : queue
    const settings = readSettings([{ values: {}, place: () => 'the test' }])
    const supervisor = new Supervisor({ queue: watched, task: wild, settings })
    return { driver, supervisor, observer: new Observer(supervisor, watched) }
  }

  it('have a rate however seldom they are taken', async () => {
    const { supervisor, observer } = await observed(false)
    const start = performance.now()
    observer.look(start)
    supervisor.tally.done = 120
    expect(observer.look(start + 60_000).perSecond).toBeCloseTo(2)
    supervisor.tally.done = 180
    expect(observer.look(start + 120_000).perSecond).toBeCloseTo(1)
    supervisor.tally.done = 190
    observer.look(start + 121_000)
    // Where looks are frequent, the last ten seconds alone count.
    for (let at = 122; at <= 140; at += 1) observer.look(start + at * 1000)
    expect(observer.look(start + 141_000).perSecond).toBe(0)
  })

  it('know how long the rest takes where the store tells only what waits', async () => {
    const { driver, observer } = await observed(true)
    const messages = Array.from({ length: 100 }, (_, n) => ({ id: `t${n}`, body: '{}' }))
    await driver.insert(messages)
    const first = { ...(await driver.counts()), done: undefined, dead: undefined }
    Object.assign(driver, { counts: () => Promise.resolve(first) })
    await observer.freshLook()
    const last = { ...first, ready: 40 }
    Object.assign(driver, { counts: () => Promise.resolve(last) })
    const { secondsLeft } = await observer.freshLook()
    expect(secondsLeft).toBeGreaterThan(0)
  })
})
