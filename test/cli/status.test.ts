import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { everyState, queueWith } from './queues.ts'
import { taskq, testFolder } from './taskq.ts'

describe('status', () => {
  it('counts the tasks of each state and says how much is done', async () => {
    const url = await everyState()
    const { code, out, err } = await taskq(['status', url])
    expect(out.split('\n').slice(1)).toEqual([
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
})
