import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { run } from '../../src/runtime/cli/commands/status.ts'
import { openQueue, systemClock } from '../../src/runtime/index.ts'
import { Output } from '../../src/runtime/terminal/output.ts'
import { everyState, queueWith } from './queues.ts'
import { taskq, testFolder } from './taskq.ts'

describe('status', () => {
  it('counts the tasks of each state and says how much is done', async () => {
    const url = await everyState()
    const { code, out, err } = await taskq(['status', url])
    const lines = out.split('\n').slice(1)
    expect(lines.splice(6, 1)[0]).toMatch(/^rate {4}[\d.]+ tasks\/(s|min), .+ left$/)
    expect(lines).toEqual([
      'ready   2',
      'delayed 1',
      'leased  1',
      'done    1',
      'dead    2',
      'total   7  14.2 % done',
      '',
    ])
    expect({ code, err }).toEqual({ code: 0, err: '' })
  })

  it('prints one object for programs', async () => {
    const url = await everyState()
    const { out } = await taskq(['status', '--json', '-q', url])
    expect(JSON.parse(out)).toEqual({
      queue: url,
      ready: 2,
      delayed: 1,
      leased: 1,
      done: 1,
      dead: 2,
      total: 7,
      donePercent: 14.2,
      perSecond: expect.any(Number) as number,
      secondsLeft: expect.any(Number) as number,
    })
  })

  it('says nothing of a share where there are no tasks', async () => {
    const url = await queueWith(async () => {})
    expect((await taskq(['status', url])).out).toMatch(/^total {3}0$/m)
    expect(JSON.parse((await taskq(['status', url, '--json'])).out)).not.toHaveProperty(
      'donePercent',
    )
  })

  it('is refused where there is no queue, and makes none', async () => {
    const folder = await testFolder()
    const missing = join(folder, 'missing.db')
    const { code, out, err } = await taskq(['status', missing])
    expect({ code, out }).toEqual({ code: 64, out: '' })
    expect(err).toMatch(
      /^taskq: There is no queue at .*missing\.db\. It is made by the first insert/,
    )
    expect(existsSync(missing)).toBe(false)
    expect(await readdir(folder)).toEqual([])
  })

  it('takes two looks for the rate where the store tells none, if it is asked for', async () => {
    const queue = await openQueue('memory:')
    await queue.insert(['a', 'b', 'c', 'd'].map(id => ({ id, params: {} })))
    const written: string[] = []
    let time = 0
    const clock = {
      ...systemClock,
      monotonic: () => time,
      // While it waits two tasks are finished.
      sleep: async (milliseconds: number) => {
        time += milliseconds
        await queue.complete(await queue.lease({ max: 2, seconds: 60, worker: { id: 'w' } }))
      },
    }
    const stream = new Writable({
      write(piece, _, done) {
        written.push(String(piece))
        done()
      },
    })
    const out = new Output(stream)
    const { signal } = new AbortController()
    const shell = { out, err: out, clock, signal, letGo: () => {} }
    await run(shell, queue, { ids: [], flags: {} })
    expect(written.join('')).not.toContain('rate')
    await run(shell, queue, { ids: [], flags: { rate: true } })
    expect(written.at(-1)).toBe('rate    24 tasks/min, 5 s left\n')
    await queue.close()
  })
})
