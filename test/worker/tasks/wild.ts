/** A task that does what its row says, for tests: most of it is what no task should do. */
import { type StdioOptions, spawn } from 'node:child_process'
import { appendFileSync, existsSync, watch, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { threadId } from 'node:worker_threads'
import type { JsonObject } from '../../../src/runtime/index.ts'
import { type Context, giveUp, retry } from '../../../src/runtime/worker/contract.ts'

export async function _runTask(params: JsonObject, context: Context): Promise<unknown> {
  const { note } = params as { note?: string }
  if (note !== undefined) appendFileSync(note, `${context.taskId} ${context.attempt}\n`)
  const act = acts[params['does'] as keyof typeof acts]
  return await act(params, context)
}

const acts = {
  value: ({ value }: JsonObject) => value,
  nothing: () => undefined,
  throw: () => {
    throw new Error('it was too much')
  },
  /** Its second run tells whether others ran at the same time. */
  throwOnce: async (_: JsonObject, { attempt }: Context) => {
    if (attempt === 1) throw new Error('the first time')
    together += 1
    await new Promise(resolve => setTimeout(resolve, 500))
    const most = together
    setTimeout(() => {
      together -= 1
    }, 500)
    return most === 1 ? 'alone' : 'with others'
  },
  throwText: () => {
    throw 'just text'
  },
  throwProxy: () => {
    const refuse = () => {
      throw new Error('a trap')
    }
    throw new Proxy({}, { has: refuse, get: refuse, getPrototypeOf: refuse, ownKeys: refuse })
  },
  throwObject: () => {
    throw { status: 503 }
  },
  throwLong: () => {
    throw new Error('語'.repeat(10_000))
  },
  longKey: () => ({ ['語'.repeat(10_000)]: Number.NaN }),
  giveUpLong: () => giveUp(`half \ud800${'語'.repeat(1_000_000)}`),
  throwCause: () => {
    const cause = Object.assign(new Error(''), { code: 'ECONNREFUSED' })
    throw new Error('outer', { cause: new TypeError('inner', { cause }) })
  },
  writeToWorker: () => {
    writeSync(4, 'what is no frame')
    return forever()
  },
  /** The length of something long, of which no more comes. */
  writeLength: () => {
    writeSync(4, Buffer.from([0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0]))
    return forever()
  },
  changeJson: () => {
    Object.defineProperty(Array.prototype, 'toJSON', { value: () => 'a list' })
    return 1
  },
  throwSeveral: () => {
    throw new AggregateError([new TypeError('the first'), new Error('the second')], '')
  },
  /** All but what the others here wait by. */
  fakeTime: () => {
    const fake = () => Number.NaN
    Object.assign(globalThis, { setImmediate: fake, setInterval: fake })
    globalThis.Date = Object.assign(() => {}, { now: fake }) as never
    performance.now = fake
    return 'faked'
  },
  retry: () => retry({ afterSeconds: 0, reason: 'not yet' }),
  retryNextYear: () => retry({ afterSeconds: 31_536_000 }),
  retryOnce: (_: JsonObject, { attempt }: Context) =>
    attempt === 1 ? retry({ afterSeconds: 0 }) : attempt,
  giveUp: () => giveUp('no such cell'),
  throwGiveUp: () => {
    throw giveUp('no such cell either')
  },
  segfault: () => {
    console.log('about to fall')
    process.kill(process.pid, 'SIGSEGV')
    return forever()
  },
  abort: () => process.abort(),
  /** Answers the id of a process that has every pipe of this one and does not end. */
  leaveProcess: () => {
    const stdio: StdioOptions = ['ignore', 'inherit', 'inherit', 3, 4]
    const child = spawn('sleep', ['600'], { detached: true, stdio })
    child.unref()
    return child.pid
  },
  exit: () => process.exit(0),
  /** Its process does not end by that. */
  exitInVain: () => {
    process.on('exit', () => {
      throw new Error('not yet')
    })
    process.exit(0)
  },
  exitLater: async () => {
    setTimeout(() => process.exit(3), 5)
    await forever()
  },
  heap: () => {
    const kept: number[][] = []
    for (;;) kept.push(Array.from({ length: 100_000 }, Math.random))
  },
  memory: async () => {
    const kept: Buffer[] = []
    for (;;) {
      kept.push(Buffer.alloc(20_000_000, 1))
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  },
  loop: () => {
    for (;;);
  },
  busy: ({ seconds }: JsonObject) => {
    const end = performance.now() + Number(seconds) * 1000
    while (performance.now() < end);
  },
  hang: () => forever(),
  untilAborted: (_: JsonObject, { signal, log }: Context) =>
    new Promise((_resolve, reject) => {
      log('waiting')
      signal.addEventListener('abort', () => reject(signal.reason as Error))
    }),
  rejection: async () => {
    void Promise.reject(new Error('nobody caught me'))
    await forever()
  },
  emitter: async () => {
    setTimeout(() => {
      throw new Error('thrown from a timer')
    }, 1)
    await forever()
  },
  flood: () => {
    const line = 'x'.repeat(999)
    for (let count = 0; count < 50_000; count += 1) console.log(line)
    return 'flooded'
  },
  floodAndThrow: () => {
    for (let count = 0; count < 5000; count += 1) console.log(`line ${count}`)
    console.error('the last words')
    throw new Error('after a flood')
  },
  speakAndThrow: (_: JsonObject, { log }: Context) => {
    console.log('to stdout')
    log('to the log')
    console.error('to stderr')
    throw new Error('and fell')
  },
  huge: () => 'x'.repeat(20_000_000),
  map: () => new Map(),
  strange: ({ kind }: JsonObject) => strange[kind as keyof typeof strange](),
  circle: () => {
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    return circle
  },
  manyDigits: () => 10n ** 3000n,
  big: () => 864691135494192529n,
  untilFile: async ({ file }: JsonObject, { signal, log }: Context) => {
    log('waiting')
    await appears(file as string, signal)
    return 'seen'
  },
  untilShutdown: async (_: JsonObject, context: Context) => {
    context.log('waiting')
    while (!context.shutdownRequested) await new Promise(resolve => setTimeout(resolve, 5))
    return 'in time'
  },
  untilNotice: async (_: JsonObject, context: Context) => {
    context.log('waiting')
    while (!context.terminationNotice) await new Promise(resolve => setTimeout(resolve, 5))
    return context.shutdownRequested ? 'left in time' : 'told too late'
  },
  killWorker: () => {
    process.kill(process.ppid, 'SIGKILL')
    return forever()
  },
  slowly: async ({ value }: JsonObject) => {
    await new Promise(resolve => setTimeout(resolve, 1))
    return value
  },
  facts: (_: JsonObject, { taskId, attempt, worker, args }: Context) => ({
    taskId,
    attempt,
    worker: worker.id,
    args,
  }),
  where: () => ({ pid: process.pid, thread: threadId }),
  /** Holds on to memory for as long as its runner lives, and gives the worker time to see it. */
  keep: async ({ megabytes }: JsonObject) => {
    kept.push(Buffer.alloc(Number(megabytes) * 1e6, 1))
    await new Promise(resolve => setTimeout(resolve, 500))
    return { pid: process.pid, thread: threadId }
  },
  /** Long enough that nothing is sent ahead. */
  hold: async () => {
    await new Promise(resolve => setTimeout(resolve, 120))
    return 'held'
  },
  log: (_: JsonObject, context: Context) => {
    context.log('half way')
    context.progress(0.5)
    return 1
  },
}

let together = 0
const kept: Buffer[] = []

/** Results that JSON cannot hold, each at some place inside of a value. */
const strange = {
  function: () => ({ a: [0, 1, 2, { b: () => 1 }] }),
  nan: () => ({ x: Number.NaN }),
  date: () => new Date(),
  bytes: () => ({ all: new Uint8Array(3) }),
  hole: () => [undefined],
  set: () => ({ 'a b': new Set() }),
  promise: () => ({ later: Promise.resolve(1) }),
  long: () => Array.from({ length: 5 }, () => 'x'.repeat(2 ** 26)),
}

function forever(): Promise<never> {
  return new Promise(() => setInterval(() => {}, 1000))
}

/** Resolves when a file is made; rejects when the signal is aborted. */
function appears(file: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const watcher = watch(dirname(file), () => look())
    const look = () => {
      if (!existsSync(file)) return
      watcher.close()
      resolve()
    }
    signal.addEventListener('abort', () => {
      watcher.close()
      reject(signal.reason as Error)
    })
    look()
  })
}
