import { describe, expect, it } from 'vitest'
import { change, everyState, queueWith } from './queues.ts'
import { startTaskq, taskq } from './taskq.ts'
import { taskqInTerminal } from './terminal.ts'

const countsOf = (url: string) => change(url, queue => queue.counts())

describe('retry-dead', () => {
  it('makes all dead tasks ready with no attempts charged', async () => {
    const url = await everyState()
    const { code, out } = await taskq(['retry-dead', '-q', url])
    expect({ code, out }).toEqual({ code: 0, out: '2 dead tasks made ready again.\n' })
    expect(await countsOf(url)).toMatchObject({ ready: 4, dead: 0, leased: 1, done: 1 })
    const [task] = await change(url, queue => queue.tasks.get(['dead-1']))
    expect(task).toMatchObject({ state: 'ready', attempts: 0 })
    expect((await taskq(['retry-dead', '-q', url])).out).toMatch(/^There are no dead tasks in/)
  })

  it('leaves alone what is not dead, says which, and ends with 1', async () => {
    const url = await everyState()
    const ids = ['dead-2', 'held', 'nope', 'finished']
    const { code, out, err } = await taskq(['retry-dead', ...ids, '-q', url])
    expect({ code, out }).toEqual({ code: 1, out: '1 dead task made ready again.\n' })
    expect(err).toBe('Not in this queue: nope\nNot dead, left alone: held, finished\n')
    expect(await countsOf(url)).toMatchObject({ ready: 3, leased: 1, done: 1, dead: 1 })
    const again = await taskq(['retry-dead', 'dead-1', 'held', '--json', '-q', url])
    expect(JSON.parse(again.out)).toEqual({ retried: 1, absent: [], notDead: ['held'] })
  })

  it('says how much was done when it is interrupted, and the rest stays dead', async () => {
    const url = await queueWith(async queue => {
      const tasks = Array.from({ length: 60_000 }, (_, at) => ({ id: `t${at}`, params: {} }))
      await queue.insert(tasks)
      for (;;) {
        const leases = await queue.lease({ max: 10_000, seconds: 60, worker: { id: 'w' } })
        if (leases.length === 0) break
        await queue.bury(leases.map(lease => ({ lease, reason: 'x' })))
      }
    })
    const retrying = startTaskq(['retry-dead', '-q', url])
    await change(url, async queue => {
      while ((await queue.counts()).ready === 0) await new Promise(setImmediate)
    })
    retrying.child.kill('SIGINT')
    const { code, out } = await retrying.ended
    const { ready = 0, dead = 0 } = await countsOf(url)
    expect({ code, sum: ready + dead }).toEqual({ code: 130, sum: 60_000 })
    expect(dead).toBeGreaterThan(0)
    expect(out).toBe(`${ready.toLocaleString('en-US')} dead tasks made ready again.\n`)
  })
})

describe('release', () => {
  it('takes leased tasks from their holders, attempts kept, and says what becomes of these', async () => {
    const url = await everyState()
    const { code, out } = await taskq(['release', '-q', url])
    expect(code).toBe(0)
    expect(out).toBe(
      '1 leased task made ready again.\nHolders that still run can no longer finish them.\n',
    )
    expect(await countsOf(url)).toMatchObject({ ready: 3, leased: 0, dead: 2 })
  })

  it('takes only those of a worker that is named', async () => {
    const url = await everyState()
    const other = await taskq(['release', '--worker', 'nobody', '-q', url])
    expect(other).toMatchObject({ code: 0, out: `nobody holds no tasks in ${url}.\n` })
    expect(await countsOf(url)).toMatchObject({ leased: 1 })
    const { out: listed } = await taskq(['list', '-s', 'leased', '--json', '-q', url])
    const { worker } = JSON.parse(listed) as { worker: string }
    const both = await taskq(['release', 'held', '--worker', worker, '-q', url])
    expect(both).toMatchObject({ code: 64, err: expect.stringMatching(/--worker as well/) })
    const { code, out } = await taskq(['release', '--worker', worker, '-q', url])
    expect([code, out]).toEqual([0, expect.stringMatching(/^1 leased task made ready again/)])
  })

  it('leaves alone what is not leased', async () => {
    const url = await everyState()
    const { code, out } = await taskq(['release', 'held', 'dead-1', 'x', '--json', '-q', url])
    expect(code).toBe(1)
    expect(JSON.parse(out)).toEqual({ released: 1, absent: ['x'], notLeased: ['dead-1'] })
    expect(await countsOf(url)).toMatchObject({ leased: 0, dead: 2 })
  })

  it('asks in a terminal before it takes all, and does nothing on no', async context => {
    const url = await everyState()
    const refused = taskqInTerminal(context, ['release', '-q', url])
    await refused.says(/\[y\/N\] /)
    refused.child.stdin.write('\r')
    expect(await refused.ended).toMatchObject({
      code: 1,
      out: expect.stringMatching(/Nothing was released/),
    })
    const agreed = taskqInTerminal(context, ['release', '-q', url])
    await agreed.says(/1 leased task[\s\S]*\[y\/N\] /)
    agreed.child.stdin.write('y\r')
    expect((await agreed.ended).code).toBe(0)
    expect(await countsOf(url)).toMatchObject({ leased: 0 })
  })
})

describe('remove', () => {
  it('forgets tasks of any state, names the absent and ends with 1', async () => {
    const url = await everyState()
    const ids = ['dead-1', 'held', 'finished', 'late', 'ready-1']
    expect(await taskq(['remove', ...ids, '-q', url])).toEqual({
      code: 0,
      out: '5 tasks removed.\n',
      err: '',
    })
    const again = await taskq(['remove', 'dead-1', 'dead-2', '--json', '-q', url])
    expect(again.code).toBe(1)
    expect(JSON.parse(again.out)).toEqual({ removed: 1, absent: ['dead-1'] })
    expect(again.err).toBe('Not in this queue: dead-1\n')
    expect(await countsOf(url)).toEqual({ ready: 1, delayed: 0, leased: 0, done: 0, dead: 0 })
  })
})

describe('purge', () => {
  it('shows what would be lost and does nothing where nobody can answer', async () => {
    const url = await everyState()
    const { code, out, err } = await taskq(['purge', url])
    expect({ code, out }).toEqual({ code: 64, out: '' })
    expect(err).toMatch(/7 tasks \(2 ready, 1 delayed, 1 leased, 1 done, 2 dead\).*--yes/)
    expect(await countsOf(url)).toMatchObject({ ready: 2 })
  })

  it('removes everything with --yes', async () => {
    const url = await everyState()
    const { code, out } = await taskq(['purge', url, '--yes'])
    expect(code).toBe(0)
    expect(out).toMatch(/^Removed 7 tasks \(.*\) from sqlite:/)
    expect(await countsOf(url)).toEqual({ ready: 0, delayed: 0, leased: 0, done: 0, dead: 0 })
    expect(JSON.parse((await taskq(['purge', url, '-y', '--json'])).out).purged.ready).toBe(0)
  })

  it('gives the room of the file back and tells its size, also while others have the queue open', async () => {
    const large = { text: 'x'.repeat(100_000) }
    const tasks = Array.from({ length: 30 }, (_, at) => ({ id: `t${at}`, params: large }))
    const url = await queueWith(queue => queue.insert(tasks))
    const ran = await change(url, async other => {
      const held = await other.lease({ max: 1, seconds: 60, worker: { id: 'w' } })
      const { code, out } = await taskq(['purge', url, '--yes', '--json'])
      expect(await other.complete(held)).toEqual(['lost'])
      await other.insert([{ id: 'next', params: {} }])
      return { code, ...JSON.parse(out).fileBytes }
    })
    expect(ran.code).toBe(0)
    expect(ran.before).toBeGreaterThan(3_000_000)
    expect(ran.after).toBeLessThan(200_000)
    expect(await countsOf(url)).toMatchObject({ ready: 1, done: 0 })
    const { out } = await taskq(['purge', url, '--yes'])
    expect(out).toMatch(/^Removed 1 task .*\nIts file has [\d.]+ KiB, before [\d.]+ KiB\.\n$/)
  })

  it('asks in a terminal for the name of the queue', async context => {
    const url = await everyState()
    for (const answer of ['', 'y', 'queue', '\u0004']) {
      const asking = taskqInTerminal(context, ['purge', url])
      await asking.says(/Type queue\.db to remove it: /)
      asking.child.stdin.write(answer === '\u0004' ? answer : `${answer}\r`)
      const { code, out } = await asking.ended
      expect({ answer, code }).toEqual({ answer, code: 1 })
      expect(out).toContain('7 tasks (2 ready, 1 delayed, 1 leased, 1 done, 2 dead)')
      expect(out).toContain('Nothing was removed.')
    }
    expect(await countsOf(url)).toMatchObject({ ready: 2, done: 1 })
    const agreed = taskqInTerminal(context, ['purge', url])
    await agreed.says(/Type queue\.db/)
    agreed.child.stdin.write('queue.db\r')
    expect((await agreed.ended).code).toBe(0)
    expect(await countsOf(url)).toMatchObject({ ready: 0, done: 0 })
  })

  it('does nothing when it is interrupted at the question', async context => {
    const url = await everyState()
    const asking = taskqInTerminal(context, ['purge', url])
    await asking.says(/Type queue\.db/)
    asking.child.stdin.write('\u0003')
    expect((await asking.ended).code).toBe(130)
    expect(await countsOf(url)).toMatchObject({ ready: 2 })
  })
})
