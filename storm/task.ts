/** The task of all storms: does what its parameters say, and writes down that it began and ended. */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from 'taskq-runtime/task'
import { noteSteps } from 'taskq-runtime/testing'

export interface Orders {
  readonly does?: 'nothing' | 'waits' | 'waits for' | 'computes' | Poison
  readonly seconds?: number
  /** The file that has to be there before it ends. */
  readonly file?: string
  /** So long is the text that its result carries along; default: none. */
  readonly bytes?: number
}

/** Ways of a task to harm whoever runs it. */
export const poisons = [
  'throws',
  'exits',
  'segfaults',
  'fills memory',
  'never ends',
  'rejects beside',
  'floods',
] as const
export type Poison = (typeof poisons)[number]

const folder = process.env['STORM_HISTORIES'] ?? '.'
const history = join(folder, `run-${process.pid}-${randomUUID()}.ndjson`)

export async function _runTask(params: Orders, { taskId, attempt, signal }: Context) {
  if (process.env['STORM_QUIET'] === '1') return undefined
  const run = `${process.pid}-${randomUUID()}`
  noteSteps(history, [{ step: 'began', id: taskId, run, attempt }])
  const onAbort = () => noteSteps(history, [{ step: 'aborted', id: taskId, run }])
  signal.addEventListener('abort', onAbort, { once: true })
  await act(params, signal)
  noteSteps(history, [{ step: 'ended', id: taskId, run }])
  return { run, ...(params.bytes !== undefined && { text: 'x'.repeat(params.bytes) }) }
}

/** What the Python side of a mixed fleet inserts. */
export const messages = {
  'my_project.task:_run_task': (_: unknown, context: Context) => _runTask({}, context),
}

async function act(
  { does = 'nothing', seconds = 0, file = '' }: Orders,
  signal: AbortSignal,
): Promise<void> {
  switch (does) {
    case 'nothing':
      return
    case 'waits':
      return await sleep(seconds * 1000, undefined, { signal })
    case 'waits for':
      while (!existsSync(file)) await sleep(20, undefined, { signal })
      return
    case 'computes': {
      const until = performance.now() + seconds * 1000
      while (performance.now() < until);
      return
    }
    case 'throws':
      throw new Error('a task that fails')
    case 'exits':
      return process.exit(0)
    case 'segfaults':
      process.kill(process.pid, 'SIGSEGV')
      return await sleep(60_000)
    case 'fills memory': {
      const held: Buffer[] = []
      for (;;) {
        held.push(Buffer.alloc(2 ** 24, held.length))
        await sleep(1)
      }
    }
    case 'never ends':
      for (;;);
    case 'rejects beside':
      void Promise.reject(new Error('nobody waits for this'))
      return await sleep(100)
    case 'floods':
      for (let at = 0; at < 200; at += 1) process.stdout.write('flood '.repeat(20_000))
      throw new Error('after a flood')
  }
}
