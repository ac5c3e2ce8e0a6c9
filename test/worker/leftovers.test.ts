import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Bench, openBench } from './bench.ts'

/** What a task leaves behind acts once its "sibling" runs, which ends when let go, or in a runner of its own. */
const text = `import { appendFileSync } from 'node:fs'
const begun = Promise.withResolvers()
const free = Promise.withResolvers()
const later = {
  throws: () => { throw new Error('too late') },
  rejects: () => { void Promise.reject(new Error('too late')); setImmediate(free.resolve) },
  exits: () => process.exit(3),
  prints: () => { console.log('printed late'); setImmediate(free.resolve) },
}
const acts = {
  sibling: async () => {
    begun.resolve()
    if (!isShared) return 'elsewhere'
    await free.promise
    return 'here'
  },
  patient: async () => {
    await new Promise(setImmediate)
    return running === 1 ? 'alone' : await forever
  },
  failing: async () => {
    setTimeout(() => { throw new Error('beside its call') }, 1)
    await forever
  },
}
const forever = new Promise(() => setInterval(() => {}, 1000))
let isShared = false
let running = 0
export async function runTask({ does, note }, { taskId }) {
  appendFileSync(note, taskId + '\\n')
  running += 1
  if (acts[does] !== undefined) return await acts[does]()
  isShared = true
  void begun.promise.then(() => setImmediate(later[does]))
  return 'left'
}
`

let bench: Bench
let task: string
beforeEach(async () => {
  bench = await openBench()
  task = join(bench.folder, 'task.mjs')
  await writeFile(task, text)
})
afterEach(() => bench.dispose())

const ways = [
  { TQ_ISOLATION: 'process', TQ_ASYNC_PER_RUNNER: '1' },
  { TQ_ISOLATION: 'process', TQ_ASYNC_PER_RUNNER: '2' },
  { TQ_ISOLATION: 'thread', TQ_ASYNC_PER_RUNNER: '1' },
] as const

const said = () =>
  bench.events.flatMap(one => (one.event === 'output' && one.task === undefined ? one.text : []))

const [alone, several, threads] = ways
const throwing = { does: 'throws', says: 'threw an error: Error: too late\n', where: 'elsewhere' }
const rejecting = { does: 'rejects', says: 'was rejected: Error: too late\n', where: 'here' }
const exiting = { does: 'exits', says: 'ended its process (process.exit', where: 'elsewhere' }

it.each([
  [throwing, alone],
  [throwing, several],
  [throwing, threads],
  [rejecting, alone],
  [exiting, several],
])(
  'what a task that is over left behind is told of and charged to nobody: %o, %o',
  async (leftover, way) => {
    const { does, says, where } = leftover
    await bench.insert([{ does }, { does: 'sibling' }])
    const settings = { ...way, TQ_CONCURRENCY: '1', TQ_MAX_ATTEMPTS: '1' }
    expect(await bench.work(settings, { task })).toMatchObject({ done: 2, dead: 0, retried: 0 })
    const results = await bench.results()
    expect(results.get('t0')).toMatchObject({ value: 'left', attempt: 1 })
    expect(results.get('t1')).toMatchObject({ value: where, attempt: 1 })
    expect(said().join('')).toContain(
      `Task t0 was over (attempt 1) when something it left behind ${says}`,
    )
  },
)

it.each(ways)('what a task that is over writes is taken for no other one: %o', async way => {
  await bench.insert([{ does: 'prints' }, { does: 'sibling' }])
  expect(await bench.work({ ...way, TQ_CONCURRENCY: '1' }, { task })).toMatchObject({ done: 2 })
  expect(said()).toEqual(['printed late\n'])
})

it('a task that others cut off again and again is run alone', async () => {
  await bench.insert([
    { does: 'patient' },
    ...Array.from({ length: 6 }, () => ({ does: 'failing' })),
  ])
  const settings = { TQ_CONCURRENCY: '1', TQ_ASYNC_PER_RUNNER: '2', TQ_MAX_ATTEMPTS: '1' }
  expect(await bench.work(settings, { task })).toMatchObject({ done: 1, dead: 6, retried: 0 })
  expect((await bench.results()).get('t0')).toMatchObject({ value: 'alone', attempt: 1 })
  expect((await bench.begun()).get('t0')).toBe(3)
})
