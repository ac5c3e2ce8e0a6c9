import { copyFile, readdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { startTaskq, taskq, testFolder } from '../cli/taskq.ts'
import { taskqInTerminal } from '../cli/terminal.ts'

let folder: string
const inFolder = (...args: string[]) => taskq(args, { cwd: folder })

beforeEach(async () => {
  folder = await testFolder()
  await copyFile('test/fixtures/tables/cells.feather', join(folder, 'cells.feather'))
  await writeFile(
    join(folder, 'task.ts'),
    `import { giveUp } from '${new URL('../../src/runtime/task.ts', import.meta.url).href}'
     const forever = () => new Promise(() => setInterval(() => {}, 1000))
     export async function _runTask(params: any, context: any): Promise<unknown> {
       const act = (acts as any)[context.args[0] ?? 'echo']
       return await act(params, context)
     }
     const acts = {
       echo: (params: any) => ({ type: typeof params.root_id, next: params.root_id + 1n }),
       talk: (_: any, { log, progress }: any) => {
         console.log('printed'); log('logged\\u001b[31m'); progress(0.25)
       },
       throw: () => deep(),
       wrap: () => { try { deep() } catch (cause) { throw new Error('no luck', { cause }) } },
       giveUp: () => giveUp('no such cell'),
       function: () => ({ a: [0, 1, 2, { b: () => 1 }] }),
       exit: () => process.exit(0),
       timer: () => { setTimeout(() => { throw new Error('from a timer') }); return forever() },
       never: () => new Promise(() => {}),
       picture: () => ({ column: 3, points: 'A'.repeat(17_384) }),
       open: () => { setInterval(() => {}, 1000); return 'over' },
       loop: () => { for (;;); },
     }
     function deep() { throw new RangeError('too deep') }
    `,
  )
})

it('a row is run with its exact numbers, its result alone on standard output, and nothing is written', async () => {
  const { out, err, code } = await inFolder('try', 'cells', '--row', '17')
  expect(out).toBe('{"type":"bigint","next":864691927661919214}\n')
  expect(err).toMatch(
    /^cells\.feather:17\n {2}params {4}\{"root_id":864691927661919213,.*\n {2}result {4}after [\d.]+ ms\n$/,
  )
  expect(code).toBe(0)
  expect((await readdir(folder)).toSorted()).toEqual(['cells.feather', 'task.ts'])
})

it('what it logs, prints and tells of its progress is shown beside the result', async () => {
  const { out, err } = await inFolder('try', 'cells', '--', 'talk')
  expect(err).toMatch(/\nprinted\n {2}log {7}logged\\u001b\[31m\n {2}progress {2}25 %\n/)
  expect(out).toBe('nothing\n')
})

it('a row is found by its id, by the values of its columns, and in a queue', async () => {
  const byId = await inFolder('try', 'cells', '--key', 'cells.feather:17', '--json')
  expect(JSON.parse(byId.out)).toMatchObject({ id: 'cells.feather:17', outcome: 'done' })
  const key = ['--key', 'root_id=864691927661919213, flag=false']
  expect((await inFolder('try', 'cells', ...key)).err).toMatch(/^864691927661919213:false\n/)
  await inFolder('insert', '--table', 'cells', '-q', 'q.db', '--limit', '1')
  const queued = await inFolder('try', '--key', 'cells.feather:0', '-q', 'q.db')
  expect(queued.out).toBe('{"type":"bigint","next":864691760095466605}\n')
  const status = await inFolder('status', 'q.db', '--json')
  expect(JSON.parse(status.out)).toMatchObject({ ready: 1, leased: 0, done: 0 })
})

it('table and variables come from an env file', async () => {
  const env = 'TASK_PARAMETER_FILENAME=cells\nCF_CLOUDPATH=gs://bucket/here\n'
  await writeFile(join(folder, 'task.env'), env)
  const { err, code } = await inFolder('try', '-e', 'task.env')
  expect(err).toContain('"cloudpath":"gs://bucket/here"')
  expect(code).toBe(0)
})

describe('what ends without a result says how, and ends with 1', () => {
  it.each([
    ['giveUp', / {2}given up {2}after .*: no such cell\n$/],
    ['function', /cannot be kept: value\.a\[3\]\.b is a function; pass what it returns/],
    [
      'wrap',
      / because of RangeError: too deep\n {4}at [\s\S]*\n {4}caused by RangeError: too deep\n {4}at deep /,
    ],
    ['timer', /failed {4}after .*: Error: from a timer\n {4}at .*task\.ts/],
    ['never', /failed {4}after .*: Error: it waits for what can no longer come/],
    ['exit', /The task ended its process: process\.exit\(0\)\./],
  ])('%s', async (act, says) => {
    const { out, err, code } = await inFolder('try', 'cells', '--', act)
    expect(err).toMatch(says)
    expect(out).toBe('')
    expect(code).toBe(1)
  })

  it('with the lines of the user, and of nobody else', async () => {
    const { err } = await inFolder('try', 'cells', '--', 'throw')
    const frames = err.slice(err.indexOf('failed')).split('\n').slice(1, -1)
    expect(err).toContain(': RangeError: too deep\n')
    expect(frames[0]).toMatch(/^ {4}at deep \(file:.*task\.ts:\d+:\d+\)$/)
    expect(frames.every(frame => frame.includes('task.ts'))).toBe(true)
  })
})

it('a result that is long is cut in a terminal, which says how to have it whole, and nowhere else', async context => {
  const args = ['try', join(folder, 'cells'), '--task', join(folder, 'task.ts')]
  const { out } = await taskqInTerminal(context, [...args, '--', 'picture']).ended
  expect(out).toMatch(/\{"column":3,"points":"A{60}… 17,324 characters more"\}/)
  expect(out).toContain('"> FILE" behind the command writes all of it, so does --json.')
  expect((await taskqInTerminal(context, args).ended).out).not.toContain('Cut')
  const piped = await inFolder('try', 'cells', '--', 'picture')
  expect(piped.out).toHaveLength(17_384 + '{"column":3,"points":""}\n'.length)
  expect(piped.err).not.toContain('Cut')
})

it('what the task leaves open does not keep the command waiting', async () => {
  expect(await inFolder('try', 'cells', '--', 'open')).toMatchObject({ code: 0, out: '"over"\n' })
})

it('a task that loops for ever is ended by Ctrl-C', async () => {
  const looping = startTaskq(['try', 'cells', '--', 'loop'], { cwd: folder })
  const shown = new Promise<void>(resolve => {
    looping.child.stderr.on('data', (text: string) => {
      if (text.includes('params')) resolve()
    })
  })
  await shown
  looping.child.kill('SIGINT')
  await looping.ended
  expect(looping.child.signalCode).toBe('SIGINT')
})

it.each([
  [['try'], /No table is named/],
  [
    ['try', 'cells', '--row', '500'],
    /cells\.feather has no row 500: it has 500 rows, numbered from 0/,
  ],
  [['try', 'cells', '--key', 'none'], /no row whose id is none.*--key root_id=VALUE/],
  [['try', 'cells', '--task', 'none.ts'], /There is no .*none\.ts/],
  [['try', '-q', 'q.db'], /name it by --key ID/],
])('%j is refused with what to do', async (args, says) => {
  const { err, code } = await inFolder(...args)
  expect(err).toMatch(says)
  expect(code).toBe(64)
})

it('a breakpoint in task.ts stops it, with the parameters to look at', async () => {
  const debugged = startTaskq(['try', 'cells', '--', 'throw'], {
    cwd: folder,
    nodeOptions: ['--inspect-brk=127.0.0.1:0'],
  })
  const address = await new Promise<string>(resolve => {
    debugged.child.stderr.on('data', (text: string) => {
      const found = /ws:\S+/.exec(text)?.[0]
      if (found !== undefined) resolve(found)
    })
  })
  const debug = await connect(address)
  await debug.ask('Debugger.enable')
  const urlRegex = `${basename(folder)}/task\\.ts$`
  await debug.ask('Debugger.setBreakpointByUrl', { lineNumber: 3, urlRegex })
  await debug.ask('Runtime.runIfWaitingForDebugger')
  let paused = await debug.paused()
  // The first stop is the first line of the command itself.
  while (paused.hitBreakpoints.length === 0) {
    await debug.ask('Debugger.resume')
    paused = await debug.paused()
  }
  const [frame] = paused.callFrames
  const expression = 'String(params.root_id)'
  const answer = await debug.ask('Debugger.evaluateOnCallFrame', {
    callFrameId: frame?.callFrameId,
    expression,
  })
  expect(answer).toMatchObject({ result: { value: '864691760095466604' } })
  await debug.ask('Debugger.resume')
  debug.close()
  expect((await debugged.ended).err).toContain('RangeError: too deep')
})

interface Paused {
  readonly callFrames: readonly { readonly callFrameId: string }[]
  readonly hitBreakpoints: readonly string[]
}

/** Speaks to the inspector of a process. */
async function connect(address: string) {
  const socket = new WebSocket(address)
  const answers = new Map<number, (result: unknown) => void>()
  const stops: Paused[] = []
  let onStop = () => {}
  let asked = 0
  socket.addEventListener('message', ({ data }) => {
    const { id, method, result, params } = JSON.parse(String(data))
    if (method === 'Debugger.paused') {
      stops.push(params)
      onStop()
    } else answers.get(id)?.(result)
  })
  await new Promise(resolve => {
    socket.addEventListener('open', resolve)
  })
  return {
    ask: (method: string, params: object = {}) =>
      new Promise(resolve => {
        asked += 1
        answers.set(asked, resolve)
        socket.send(JSON.stringify({ id: asked, method, params }))
      }),
    async paused(): Promise<Paused> {
      while (stops.length === 0)
        await new Promise<void>(resolve => {
          onStop = resolve
        })
      return stops.shift() as Paused
    },
    close: () => socket.close(),
  }
}
