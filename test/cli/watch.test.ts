import { describe, expect, it } from 'vitest'
import { change, everyState } from './queues.ts'
import { startTaskq } from './taskq.ts'
import { taskqInTerminal } from './terminal.ts'

describe('status --watch', () => {
  it('prints a plain line each time into a pipe, and ends by Ctrl-C with 130', async () => {
    const url = await everyState()
    const watching = startTaskq(['status', url, '--watch', '--interval', '0.1'])
    await watching.says(/tasks\/s.*\n.*tasks\/s/)
    await change(url, queue => queue.tasks.remove(['ready-1']))
    await watching.says(/ready 1 /)
    watching.child.kill('SIGINT')
    const { code, out, err } = await watching.ended
    expect({ code, err }).toEqual({ code: 130, err: '' })
    for (const line of out.trimEnd().split('\n')) {
      expect(line).toMatch(
        /^\d\d:\d\d:\d\d {2}ready \d {2}delayed 1 {2}leased 1 {2}done 1 {2}dead 2 {2}1\d\.\d % done {2}/,
      )
      expect(line).not.toMatch(/NaN|Infinity|undefined/)
    }
  })

  it('ends by SIGTERM with 143', async () => {
    const watching = startTaskq(['status', await everyState(), '--interval', '0.1'])
    await watching.says(/ready/)
    watching.child.kill('SIGTERM')
    expect((await watching.ended).code).toBe(143)
  })

  it('prints one object a line for programs', async () => {
    const url = await everyState()
    const watching = startTaskq(['status', url, '--watch', '--json', '--interval', '0.1'])
    const [first, second] = (await watching.says(/\n.*\n/)).split('\n')
    watching.child.kill('SIGINT')
    for (const line of [first ?? '', second ?? ''])
      expect(JSON.parse(line)).toMatchObject({
        ...{ queue: url, ready: 2, perSecond: expect.any(Number) as number },
      })
  })

  it('ends quietly when nobody reads any more', async () => {
    const watching = startTaskq(['status', await everyState(), '-w', '--interval', '0.1'])
    await watching.says(/ready/)
    watching.child.stdout.destroy()
    expect(await watching.ended).toMatchObject({ code: 0, err: '' })
  })

  it('draws over itself in a terminal and leaves the last numbers there', async context => {
    const url = await everyState()
    const watching = taskqInTerminal(context, ['status', url, '-w', '--interval', '0.1'])
    await watching.says(/tasks\/s[\s\S]*tasks\/s/)
    await change(url, queue => queue.purge())
    const shown = await watching.says(/nothing left to do/)
    watching.child.stdin.write('\u0003')
    expect((await watching.ended).code).toBe(130)
    const frames = shown.split('\r\u001b[8A\u001b[J')
    expect(frames.length).toBeGreaterThan(2)
    for (const frame of frames.slice(0, -1)) expect(frame.match(/\n/g)).toHaveLength(8)
  })
})
