import { once } from 'node:events'
import { readdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startFauxqs } from 'fauxqs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { markOf } from '../../src/runtime/cli/moving/journal.ts'
import type { Queue } from '../../src/runtime/index.ts'
import { sqsCredentials, sqsUrl } from '../support/sqs-server.ts'
import { change, everyState, queueWith } from './queues.ts'
import { startTaskq, taskq, testFolder } from './taskq.ts'

const root = 864691135494192529n
const tasksOf = (count: number, prefix = 't') =>
  Array.from({ length: count }, (_, n) => ({
    id: `${prefix}${n}`,
    params: { root_id: root + BigInt(n), name: 'ä' },
    bigints: ['root_id'],
  }))

const countsOf = (url: string) => change(url, queue => queue.counts())

/** Every task of a queue by its id. */
async function allOf(url: string) {
  return await change(url, async queue => {
    const tasks = new Map<string, { readonly body: string; readonly state: string }>()
    let after: string | undefined
    for (;;) {
      const page = await queue.tasks.list({ max: 1000, ...(after !== undefined && { after }) })
      for (const view of page.items) tasks.set(view.id, view)
      if (page.next === undefined) return tasks
      after = page.next
    }
  })
}

const newFile = async () => `sqlite:${join(await testFolder(), 'other.db')}`
const newFolder = async () => `fq://${join(await testFolder(), 'q')}?durable=false`

/** A server of its own with these queues, and the environment in which the command finds it. */
async function sqsWith(...names: readonly string[]) {
  const fauxqs = await startFauxqs({ port: 0, logger: false, host: '127.0.0.1' })
  onTestFinished(() => fauxqs.stop())
  for (const name of names) fauxqs.createQueue(name)
  Object.assign(process.env, sqsCredentials)
  const endpoint = `http://127.0.0.1:${fauxqs.port}`
  return (name: string) => `${sqsUrl(name, endpoint)}&settleSeconds=0`
}

/** All that an SQS queue hands out, with what it says. */
async function taken(url: string) {
  return await change(url, async queue => {
    const found: { readonly id: string; readonly params: object }[] = []
    for (;;) {
      const leases = await queue.lease({ max: 500, seconds: 600, worker: { id: 'test' } })
      if (leases.length === 0) return found
      found.push(...leases.map(lease => queue.decode(lease)))
    }
  })
}

describe('cp', () => {
  it('copies all that is not finished, bodies to the letter, and leaves the source as it is', async () => {
    const from = await everyState()
    const before = await countsOf(from)
    const to = await newFile()
    const { code, out, err } = await taskq(['cp', from, to])
    expect({ code, out, err }).toEqual({ code: 0, out: `Copied 4 tasks to ${to}.\n`, err: '' })
    expect(await countsOf(from)).toEqual(before)
    expect(await countsOf(to)).toMatchObject({ ready: 3, delayed: 1, leased: 0, dead: 0, done: 0 })
    const [there, here] = [await allOf(from), await allOf(to)]
    for (const [id, { body }] of here) expect(body).toBe(there.get(id)?.body)
    expect((await taskq(['cp', from, to])).out).toBe(
      `Copied 0 tasks to ${to}. 4 tasks are there already.\n`,
    )
    expect((await taskq(['cp', from, to, '--dead'])).out).toMatch(/^Copied 2 tasks/)
    expect(await countsOf(to)).toMatchObject({ ready: 5, dead: 0 })
  })

  it('says exactly what the destination cannot take, and keeps every digit both ways', async () => {
    const from = await queueWith(async queue => {
      await queue.insert(tasksOf(3).map((task, n) => ({ ...task, priority: n })))
      const [lease] = await queue.lease({ max: 1, seconds: 60, worker: { id: 'w' } })
      if (lease !== undefined) await queue.release([{ ...lease, attempts: 2 }])
    })
    const folder = await newFolder()
    const there = await taskq(['cp', from, folder, '--json'])
    expect(there.code).toBe(0)
    expect(JSON.parse(there.out)).toMatchObject({
      ...{ inserted: 3, present: 0, refused: 0 },
      lost: { attempts: 1, priority: 2, delay: 0 },
    })
    const back = await newFile()
    expect((await taskq(['cp', folder, back])).code).toBe(0)
    const [first, second] = [await allOf(from), await allOf(back)]
    expect(second.size).toBe(3)
    for (const [id, { body }] of first) expect(second.get(id)?.body).toBe(body)
  })

  it('leaves out what would run as something else there, and says how it can go', async () => {
    const from = await newFolder()
    const call = (name: string, args: string) =>
      `{"payload":[["old.task","${name}"],${args},{"root_id":${root}},-1],"queueName":"q"}`
    await change(from, queue =>
      queue.insertMessages([
        { id: 'a', body: call('run', '[]') },
        { id: 'b', body: call('other', '[]') },
        { id: 'c', body: call('run', '[1]') },
      ]),
    )
    const to = await newFile()
    const env = { TQ_PYTHON_FUNCTION: 'old.task:run' }
    const { code, out, err } = await taskq(['cp', from, to], { env })
    expect({ code, out }).toEqual({ code: 1, out: `Copied 1 task to ${to}.\n` })
    expect(err).toContain('2 tasks not carried, left where they are:\n')
    expect(err).toContain('b: it calls old.task:other in Python')
    expect(err).toContain('c: it has positional arguments')
    expect([...(await allOf(to)).values()][0]?.body).toBe(
      `{"taskq":1,"params":{"root_id":${root}}}`,
    )
  })

  it('is refused where looking takes tasks away, and says what to do', async () => {
    const url = await sqsWith('jobs')
    const { code, err } = await taskq(['cp', url('jobs'), await newFile()])
    expect(code).toBe(64)
    expect(err).toMatch(/cannot be read without taking tasks out.*taskq mv /s)
  })
})

describe('mv', () => {
  it('moves what waits, with delays and priorities, and leaves to workers what they hold', async () => {
    const from = await everyState()
    const to = await newFile()
    const { code, out, err } = await taskq(['mv', from, to, '--dead'])
    expect({ code, out }).toEqual({ code: 1, out: `Moved 5 tasks to ${to}.\n` })
    expect(err).toBe('1 task left at the source: workers hold them.\n')
    expect(await countsOf(from)).toEqual({ ready: 0, delayed: 0, leased: 1, done: 1, dead: 0 })
    expect(await countsOf(to)).toEqual({ ready: 4, delayed: 1, leased: 0, done: 0, dead: 0 })
    expect((await taskq(['mv', from, to, '--leased'])).code).toBe(0)
    expect(await countsOf(to)).toMatchObject({ ready: 5 })
    expect((await taskq(['mv', to, from])).out).toMatch(/^Moved 6 tasks/)
  })

  it('leaves a task whose id stands for another one there', async () => {
    const from = await queueWith(queue => queue.insert(tasksOf(2)))
    const to = await queueWith(queue => queue.insert([{ id: 't1', params: { other: 1 } }]))
    const { code, err } = await taskq(['mv', from, to])
    expect(code).toBe(1)
    expect(err).toContain('t1: another task of this id is there already')
    expect(await countsOf(from)).toMatchObject({ ready: 1, leased: 0 })
    expect(await countsOf(to)).toMatchObject({ ready: 2 })
  })

  it('does nothing under --dry-run, and refuses a queue that is both', async () => {
    const from = await queueWith(queue => queue.insert(tasksOf(3)))
    const to = await newFile()
    const { code, out } = await taskq(['mv', from, to, '--dry-run'])
    expect(code).toBe(0)
    expect(out).toMatch(/^Would move 3 ready, 0 delayed from .* Nothing was done\.\n$/)
    expect((await taskq(['status', to])).code).toBe(64)
    const alias = join(await testFolder(), 'alias.db')
    await symlink(from.slice('sqlite:'.length), alias)
    for (const same of [from, alias])
      expect((await taskq(['mv', from, same])).err).toMatch(/is both queues/)
    expect(await countsOf(from)).toMatchObject({ ready: 3 })
  })

  it('goes from SQS to a file and back by borrowing, each task once, every digit kept', async () => {
    const url = await sqsWith('jobs')
    const cwd = await testFolder()
    const from = await queueWith(queue => queue.insert(tasksOf(450)))
    const there = await taskq(['mv', from, url('jobs')], { cwd })
    expect(there).toMatchObject({ code: 0, out: expect.stringMatching(/^Moved 450 tasks/) })
    expect(there.err).toMatch(/does not keep ids apart; until all is done.*\.taskq\/mv-/)
    expect(await countsOf(from)).toMatchObject({ ready: 0, leased: 0, done: 0 })
    const to = await newFile()
    const back = await taskq(['mv', url('jobs'), to], { cwd })
    expect(back).toMatchObject({ code: 0, out: expect.stringMatching(/^Moved 450 tasks/) })
    const tasks = await allOf(to)
    expect(tasks.size).toBe(450)
    expect(tasks.get('t449')?.body).toContain(String(root + 449n))
    expect(await taken(url('jobs'))).toEqual([])
  })

  it('sends nothing twice to SQS that its journal knows, and says what is in doubt', async () => {
    const url = await sqsWith('jobs')
    const cwd = await testFolder()
    const from = await queueWith(queue => queue.insert(tasksOf(5)))
    const kept = await journalOf(cwd, from, url('jobs'))
    const marks = [...(await allOf(from))].map(([id, { body }]) => markOf({ id, body }))
    const other = markOf({ id: 't4', body: 'of another task that had this id' })
    // As a kill leaves it: three were sent, one was on its way, none was removed yet.
    const notes = [{ begun: [...marks.slice(0, 3), other] }, { done: true }, { begun: [marks[3]] }]
    await writeFile(kept, `${notes.map(note => JSON.stringify(note)).join('\n')}\n{"beg`)
    const { code, out, err } = await taskq(['mv', from, url('jobs'), '--json'], { cwd })
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ inserted: 2, present: 3, doubtful: 1, removed: 5 })
    expect(err).toContain('1 task may be there twice')
    const ids = (await taken(url('jobs'))).map(({ id }) => id)
    expect(ids.sort()).toEqual(['t3', 't4'])
  })
})

/** Where a move between two queues keeps its journal, by what it says when there is nothing to move. */
async function journalOf(cwd: string, from: string, to: string): Promise<string> {
  const request = { max: 100, seconds: 600, worker: { id: 'away' } }
  const held = await change(from, queue => queue.lease(request))
  const { err } = await taskq(['mv', from, to], { cwd })
  await change(from, queue => queue.release(held))
  return join(cwd, /\.taskq\/mv-\w+\.ndjson/.exec(err)?.[0] ?? '')
}

describe('a move that is killed', () => {
  it.each([
    ['from a file to a file', newFile, newFile, 6000],
    ['from a file to a folder', newFile, newFolder, 1200],
    ['from a folder to a file', newFolder, newFile, 1200],
  ])(
    'at many points, and run again, loses and doubles nothing: %s',
    async (_, source, goal, count) => {
      const [from, to] = [await source(), await goal()]
      await change(from, queue => queue.insert(tasksOf(count)))
      await change(to, async () => {})
      let kills = 0
      for (const share of [0, 0.4, 0.7]) {
        const moving = startTaskq(['mv', from, to])
        if (await change(to, queue => killOnceIn(queue, share * count, moving.child))) kills += 1
        await moving.ended
        // At every point each task is somewhere.
        const [here, there] = [await allOf(from), await allOf(to)]
        expect(new Set([...here.keys(), ...there.keys()]).size).toBe(count)
        await age(to)
      }
      expect(kills).toBeGreaterThan(0)
      const { code, out, err } = await taskq(['mv', from, to])
      expect({ code, err }).toEqual({ code: 0, err: '' })
      expect(out).toMatch(/^Moved /)
      expect(await countsOf(from)).toEqual({ ready: 0, delayed: 0, leased: 0, done: 0, dead: 0 })
      expect(await countsOf(to)).toMatchObject({ ready: count, leased: 0 })
    },
  )
})

/** Lets a minute pass for what an inserter that was killed had begun in a folder. */
async function age(url: string): Promise<void> {
  if (!url.startsWith('fq:')) return
  const movement = join(new URL(url).pathname, 'movement')
  const then = Date.now() / 1000 - 60
  for (const name of await readdir(movement)) await utimes(join(movement, name), then, then)
}

/** Kills a move once more than so many tasks arrived; answers whether it still ran. */
async function killOnceIn(
  queue: Queue,
  most: number,
  child: ReturnType<typeof startTaskq>['child'],
): Promise<boolean> {
  const ended = once(child, 'exit')
  while (((await queue.counts()).ready ?? 0) <= most && child.exitCode === null)
    await new Promise(setImmediate)
  const killed = child.kill('SIGKILL')
  await ended
  return killed
}
