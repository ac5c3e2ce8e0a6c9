import { spawn } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { change, everyState, hostile, queueWith, steering } from './queues.ts'
import { cleanEnv, follow, mainPath, taskq } from './taskq.ts'
import { taskqInTerminal } from './terminal.ts'

const params = { root_id: 864691135494192529n, name: hostile }

describe('list', () => {
  it('prints a line a task: leased, ready, delayed, dead, done', async () => {
    const { code, out, err } = await taskq(['list', await everyState()])
    const [head = '', ...lines] = out.trimEnd().split('\n')
    expect(head).toMatch(/^STATE +ATTEMPTS +ID +NOTE$/)
    expect(lines.map(line => line.split(/ +/).slice(0, 3).join(' '))).toEqual([
      'leased 0 held',
      'ready 0 ready-1',
      'ready 0 ready-2',
      'delayed 0 late',
      'dead 3 dead-1',
      'dead 3 dead-2',
      'done 0 finished',
    ])
    expect(out).toContain('"root_id":864691135494192529')
    expect({ code, err, steering: steering(out) }).toEqual({ code: 0, err: '', steering: [] })
  })

  it('prints JSON that is safe on a terminal and exact to the digit', async () => {
    const { out } = await taskq(['list', await everyState(), '--json', '-s', 'dead,leased'])
    expect(steering(out)).toEqual([])
    const lines = out.trimEnd().split('\n')
    const tasks = lines.map(line => JSON.parse(line))
    expect(tasks.map(({ id }) => id)).toEqual(['held', 'dead-1', 'dead-2'])
    expect(tasks[0]).toMatchObject({ state: 'leased', worker: `host:${hostile}` })
    expect(tasks[1]).toMatchObject({ reason: `gave up: ${hostile}`, record: `Error\n${hostile}` })
    expect(tasks[1].params.name).toBe(hostile)
    for (const line of lines) expect(line).toContain('"root_id":864691135494192529')
  })

  it('says when there is more than it shows, and shows all for programs', async () => {
    const url = await queueWith(async queue => {
      await queue.insert(Array.from({ length: 2_345 }, (_, at) => ({ id: `t${at}`, params: {} })))
    })
    const usual = await taskq(['list', url])
    expect(usual.out.trimEnd().split('\n')).toHaveLength(101)
    expect(usual.err).toBe('100 of 2,345. For more: --limit all\n')
    expect((await taskq(['list', url, '-n', '7'])).out.trimEnd().split('\n')).toHaveLength(8)
    const all = await taskq(['list', url, '--json'])
    const ids = all.out
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line).id)
    expect(ids).toEqual(Array.from({ length: 2_345 }, (_, at) => `t${at}`))
  })

  it('says so when there is nothing to show', async () => {
    const { code, out, err } = await taskq(['list', await queueWith(async () => {}), '-s', 'dead'])
    expect({ code, out }).toEqual({ code: 0, out: '' })
    expect(err).toMatch(/^There are no dead tasks in sqlite:/)
  })

  it('ends quietly when its reader does', async () => {
    const url = await queueWith(async queue => {
      await queue.insert(Array.from({ length: 20_000 }, (_, at) => ({ id: `t${at}`, params: {} })))
    })
    const script = 'set -o pipefail; "$0" "$1" list "$2" --limit all | head -1; echo "code $?"'
    const child = spawn('bash', ['-c', script, process.execPath, mainPath, url], {
      env: cleanEnv(),
    })
    const { out, err } = await follow(child).ended
    expect(out).toMatch(/^STATE .*\ncode 0\n$/)
    expect(err).toBe('')
  })

  it('cuts lines to the width of a terminal, whatever the script', async context => {
    const url = await everyState()
    await change(url, queue =>
      queue.insert([{ id: '神経細胞-🧠-'.repeat(9), params: { 名前: '基底核'.repeat(40) } }]),
    )
    const { code, out } = await taskqInTerminal(context, ['list', url]).ended
    const plain = stripVTControlCharacters(out).replaceAll('\r', '')
    expect({ code, steering: steering(plain) }).toEqual({ code: 0, steering: [] })
    for (const line of plain.split('\n')) {
      const wide = line.match(/[\p{Script=Han}\u{1f9e0}]/gu)?.length ?? 0
      expect(Array.from(line).length + wide).toBeLessThanOrEqual(80)
    }
    expect(plain).toMatch(/神経細胞-🧠-.*…/)
  })
})

describe('show', () => {
  it('tells all that is known of a task, each digit and nothing that steers a terminal', async () => {
    const { code, out, err } = await taskq(['show', 'dead-1', '-q', await everyState()])
    expect({ code, err, steering: steering(out) }).toEqual({ code: 0, err: '', steering: [] })
    expect(out.split('\n').slice(0, 9)).toEqual([
      'dead-1',
      '  state       dead',
      `${String.raw`  worker      host:\u001b[31mred\u009b2J\u202e\u2028 "x"`}\\`,
      `${String.raw`  reason      gave up: \u001b[31mred\u009b2J\u202e\u2028 "x"`}\\`,
      '  attempts    3',
      '  deliveries  1',
      '  params',
      '    root_id: 864691135494192529',
      `${String.raw`    name: "\u001b[31mred\u009b2J\u202e\u2028 \"x\"`}\\\\"`,
    ])
    expect(out).toMatch(/^ {2}record\n {4}Error\n {4}\\u001b/m)
  })

  it('prints an object a task for programs, with the time that is left', async () => {
    const { out } = await taskq(['show', 'held', 'late', '--json', '-q', await everyState()])
    const [held, late] = out
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(held).toMatchObject({ id: 'held', state: 'leased', deliveries: 1 })
    expect(held.secondsLeft).toBeGreaterThan(500)
    expect(late).toMatchObject({ id: 'late', state: 'delayed', attempts: 0 })
    expect(late.secondsLeft).toBeGreaterThan(3500)
    expect(out).toContain('"root_id":864691135494192529')
  })

  it('shows the others and ends with 1 when an id is not there', async () => {
    const around = ['-q', await everyState()]
    const { code, out, err } = await taskq(['show', 'nope', 'held', 'a b', 'held', ...around])
    expect(code).toBe(1)
    expect(out.match(/^held$/gm)).toHaveLength(1)
    expect(err).toBe('Not in this queue: nope, "a b"\n')
  })

  it('shows a body that is not of our making as it lies', async () => {
    const url = await queueWith(queue =>
      queue.insertMessages([{ id: 'foreign', body: 'not \u001b[31m json' }]),
    )
    const { code, out } = await taskq(['show', 'foreign', '-q', url])
    expect({ code, steering: steering(out) }).toEqual({ code: 0, steering: [] })
    expect(out).toMatch(/unreadable .*JSON/)
    expect(out).toContain(String.raw`not \u001b[31m json`)
    const [task] = (await taskq(['list', url, '--json'])).out.split('\n')
    expect(JSON.parse(task ?? '')).toMatchObject({ id: 'foreign', body: 'not \u001b[31m json' })
  })

  it('shows numbers that Python writes and JSON does not have as they lie', async () => {
    const body = '{"taskq":1,"params":{"x":NaN,"y":-Infinity}}'
    const url = await queueWith(queue => queue.insertMessages([{ id: 'odd', body }]))
    expect((await taskq(['list', url])).out).toContain('"x":NaN,"y":-Infinity')
    const [line = ''] = (await taskq(['list', url, '--json'])).out.split('\n')
    expect(JSON.parse(line)).toMatchObject({ body, unreadable: expect.stringContaining('NaN') })
    expect((await taskq(['show', 'odd', '-q', url])).out).toContain(body)
  })

  it('takes an id that begins with - behind --', async () => {
    const url = await queueWith(queue => queue.insert([{ id: '--help', params }]))
    const { code, out } = await taskq(['show', '-q', url, '--', '--help'])
    expect(code).toBe(0)
    expect(out).toMatch(/^--help\n/)
  })
})
