import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Driver, Lease } from '../../queue/driver.ts'
import type { Bench } from '../conformance.ts'
import type { ModelLease, ModelTask, QueueModel } from './model.ts'

/** What a command works on: two handles on one queue, and the bench's clock. */
export interface Rig {
  readonly handles: readonly [Driver, Driver]
  readonly pass: Bench['pass']
  /** By how much a lease or a delay may last longer than asked for. */
  readonly slackSeconds: number
}

type Command = fc.AsyncCommand<QueueModel, Rig>

/** Everything that can be done to a queue, with whatever arguments fast-check thinks of. */
export function commands(): fc.Arbitrary<Command>[] {
  const id = fc.integer({ min: 0, max: 11 }).map(n => `task-${n}`)
  const someIds = fc.uniqueArray(id, { minLength: 1, maxLength: 5 })
  const handle = fc.integer({ min: 0, max: 1 })
  const seconds = fc.integer({ min: 1, max: 9 })
  const delay = fc.constantFrom(0, 0, 0, 2, 5)
  const priority = fc.constantFrom(0, 0, 0, 7, -3)
  const picks = fc.array(fc.nat(30), { minLength: 1, maxLength: 4 })
  const attempts = fc.option(fc.nat(4), { nil: undefined })
  return [
    fc
      .record({ handle, ids: fc.array(id, { minLength: 1, maxLength: 5 }), priority, delay })
      .map(insert),
    fc.record({ handle, max: fc.integer({ min: 1, max: 4 }), seconds }).map(lease),
    fc.record({ seconds: fc.constantFrom(1, 2, 3, 9) }).map(pass),
    fc.record({ handle, picks, seconds, attempts }).map(extend),
    fc.record({ handle, picks, delay, attempts }).map(release),
    fc.record({ handle, picks, attempts }).map(complete),
    fc.record({ handle, picks, attempts }).map(settle),
    fc.record({ handle, picks, attempts }).map(buryHeld),
    fc.record({ handle, ids: someIds }).map(buryById),
    fc.record({ handle, ids: someIds }).map(remove),
    fc
      .record({ handle, ids: someIds, from: fc.constantFrom('dead' as const, 'leased' as const) })
      .map(revive),
    fc.record({ handle }).map(look),
    fc.record({ handle }).map(purge),
  ]
}

interface On {
  readonly handle: number
}

interface OnLeases extends On {
  /** Which of all leases ever given out, counted from the newest. */
  readonly picks: readonly number[]
  readonly attempts: number | undefined
}

const insert = (given: On & { ids: readonly string[]; priority: number; delay: number }) =>
  command('insert', given, async (model, driver, rig) => {
    const { ids, delay } = given
    const priority = driver.traits.ordered ? given.priority : 0
    const headers = { priority, delaySeconds: delay }
    const answers = await driver.insert(ids.map(id => ({ id, body: `body of ${id}`, headers })))
    assert.deepEqual(
      answers,
      ids.map(id => model.insert(id, priority, delay)),
    )
    const tasks = new Set(ids.flatMap(id => model.find(id) ?? []))
    await learnEnds(model, driver, rig, [...tasks])
  })

const lease = (given: On & { max: number; seconds: number }) =>
  command('lease', given, async (model, driver, rig) => {
    const ready = model.ready()
    const leases = await driver.lease({ ...given, worker: { id: 'model' } })
    const ids = leases.map(({ id }) => id)
    const expected = driver.traits.ordered
      ? ready.slice(0, given.max)
      : ready
          .filter(({ id }) => ids.includes(id))
          .sort((one, other) => ids.indexOf(one.id) - ids.indexOf(other.id))
    assert.equal(expected.length, Math.min(given.max, ready.length))
    assert.deepEqual(
      ids,
      expected.map(({ id }) => id),
    )
    expected.forEach((task, at) => {
      checkLease(leases[at], task)
      model.lend(task, leases[at]?.token ?? '', given.seconds)
    })
    await learnEnds(model, driver, rig, expected)
    const tokens = model.leases.map(one => `${one.id} ${one.token}`)
    assert.equal(new Set(tokens).size, tokens.length, 'a token was given out twice')
  })

const pass = (given: { seconds: number }) => ({
  check: () => true,
  toString: () => `pass ${given.seconds} s`,
  async run(model: QueueModel, rig: Rig) {
    await rig.pass(given.seconds)
    model.seconds += given.seconds
  },
})

const extend = (given: OnLeases & { seconds: number }) =>
  onLeases(
    'extend',
    given,
    (driver, held) => driver.extend(held, given.seconds),
    (model, one) =>
      model.held(one, given.attempts, task => {
        task.until = model.seconds + given.seconds
      }),
  )

const release = (given: OnLeases & { delay: number }) =>
  onLeases(
    'release',
    given,
    (driver, held) => driver.release(held, given.delay),
    (model, one) =>
      model.held(one, given.attempts, (task, isCharged) => {
        if (!isCharged) task.givenBack += 1
        model.wait(task, given.delay)
      }),
  )

const complete = (given: OnLeases) =>
  onLeases(
    'complete',
    given,
    (driver, held) => driver.complete(held),
    (model, one) => model.held(one, given.attempts, task => model.finish(task)),
  )

const settle = (given: OnLeases) =>
  onLeases(
    'settle',
    given,
    (driver, held) => driver.results?.settle(held.map(one => ({ ...one, record: one.token }))),
    (model, one) => model.held(one, given.attempts, task => model.finish(task, one.token)),
  )

const buryHeld = (given: OnLeases) =>
  onLeases(
    'bury',
    given,
    (driver, held) => driver.tasks?.bury(held.map(one => ({ ...one, reason: 'model' }))),
    (model, one) => model.held(one, given.attempts, task => model.bury(task)),
  )

const buryById = (given: On & { ids: readonly string[] }) =>
  command('bury by id', given, async (model, driver) => {
    const answers = await driver.tasks?.bury(given.ids.map(id => ({ id, reason: 'model' })))
    const expected = given.ids.map(id => {
      const task = model.find(id)
      if (task === undefined || task.state === 'done') return 'absent'
      model.bury(task)
      return 'done'
    })
    assert.deepEqual(answers, expected)
  })

const remove = (given: On & { ids: readonly string[] }) =>
  command('remove', given, async (model, driver) => {
    assert.deepEqual(
      await driver.tasks?.remove(given.ids),
      given.ids.map(id => model.remove(id)),
    )
  })

const revive = (given: On & { ids: readonly string[]; from: 'dead' | 'leased' }) =>
  command('revive', given, async (model, driver) => {
    assert.deepEqual(
      await driver.tasks?.revive(given.ids, given.from),
      given.ids.map(id => model.revive(id, given.from)),
    )
  })

const look = (given: On) =>
  command('look', given, async (model, driver) => {
    assert.deepEqual(await driver.counts(), model.counts())
    const results = await driver.results?.read({ max: 1000 })
    const finished = results?.items.map(({ id, record }) => ({ id, record }))
    // Where each process keeps what it finished, the order holds for each alone.
    if (driver.traits.ordered) assert.deepEqual(finished, model.finished)
    else assert.deepEqual(finished?.sort(byId), model.finished.toSorted(byId))
    const views = await driver.tasks?.get(model.tasks.map(({ id }) => id))
    assert.deepEqual(
      views?.map(({ id, state, attempts }) => ({ id, state, attempts })),
      model.tasks.map(task => ({
        id: task.id,
        state: model.stateOf(task),
        attempts: task.attempts,
      })),
    )
  })

const purge = (given: On) =>
  command('purge', given, async (model, driver) => {
    await driver.purge()
    model.purge()
  })

/** Where a store may make things last a little longer, how long is taken from it, within its bounds. */
async function learnEnds(
  model: QueueModel,
  driver: Driver,
  { slackSeconds }: Rig,
  tasks: readonly ModelTask[],
): Promise<void> {
  if (slackSeconds === 0) return
  const timed = tasks.filter(({ until = 0 }) => until > model.seconds)
  const views = (await driver.tasks?.get(timed.map(({ id }) => id))) ?? []
  assert.equal(views.length, timed.length)
  timed.forEach((task, at) => {
    const { secondsLeft = 0 } = views[at] ?? {}
    const longer = model.seconds + secondsLeft - (task.until ?? 0)
    assert.ok(longer >= 0 && longer <= slackSeconds, `${task.id} lasts ${longer} s too long`)
    task.until = model.seconds + secondsLeft
  })
}

function onLeases(
  name: string,
  given: OnLeases,
  act: (driver: Driver, held: readonly Held[]) => Promise<readonly string[]> | undefined,
  expect: (model: QueueModel, lease: ModelLease) => string,
): Command {
  return command(name, given, async (model, driver, rig) => {
    const picked = [...new Set(given.picks.flatMap(pick => model.leases.at(-1 - pick) ?? []))]
    const { attempts } = given
    const held = picked.map(one => ({ ...one, ...(attempts !== undefined && { attempts }) }))
    assert.deepEqual(
      await act(driver, held),
      picked.map(one => expect(model, one)),
    )
    const tasks = new Set(picked.flatMap(({ id }) => model.find(id) ?? []))
    await learnEnds(model, driver, rig, [...tasks])
  })
}

type Held = ModelLease & { readonly attempts?: number }

function command(
  name: string,
  given: On,
  act: (model: QueueModel, driver: Driver, rig: Rig) => Promise<void>,
): Command {
  return {
    check: () => true,
    toString: () => `${name} ${JSON.stringify(given)}`,
    run: (model, rig) => act(model, rig.handles[given.handle === 0 ? 0 : 1], rig),
  }
}

function byId(one: { readonly id: string }, other: { readonly id: string }): number {
  return one.id < other.id ? -1 : Number(one.id > other.id)
}

function checkLease(lease: Lease | undefined, task: ModelTask): void {
  const { attempts, givenBack } = task
  const deliveries = task.deliveries + 1
  assert.equal(lease?.body, `body of ${lease?.id}`)
  assert.equal(lease?.attempts, attempts)
  if (lease?.deliveries !== undefined && lease.deliveries !== deliveries - givenBack)
    assert.equal(lease.deliveries, deliveries)
}
