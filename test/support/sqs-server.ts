import { startFauxqs } from 'fauxqs'
import { vi } from 'vitest'
import type { Clock } from '../../src/runtime/index.ts'

/** A real server that speaks the protocol of SQS, in this process and on a port of its own. */
export interface SqsServer {
  readonly endpoint: string
  /** A clock for drivers that goes with the server's. */
  readonly clock: Clock
  /** Makes a queue and answers the URL that opens it. */
  queue(name: string, attributes?: Readonly<Record<string, string>>): string
  /** Lets time pass for server and drivers. */
  pass(seconds: number): void
  readonly fauxqs: Awaited<ReturnType<typeof startFauxqs>>
  stop(): Promise<void>
}

/** Credentials that the SDK signs with; the server does not check them. */
export const sqsCredentials = {
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_EC2_METADATA_DISABLED: 'true',
} as const

/** The URL of a queue on a server of one's own. */
export function sqsUrl(name: string, endpoint: string): string {
  return `sqs://${name}?endpoint=${encodeURIComponent(endpoint)}`
}

/** The longest that a sleep of a driver takes in truth: answers of the server come in meanwhile. */
const longestSleepMilliseconds = 250
/** What an answer may end is slept for so many times as long: on a busy machine answers take their time. */
const patience = 8

/** Starts a server whose time stands still until it is told to pass. */
export async function startSqs(): Promise<SqsServer> {
  Object.assign(process.env, sqsCredentials)
  const fauxqs = await startFauxqs({ port: 0, logger: false, host: '127.0.0.1' })
  vi.useFakeTimers({ toFake: ['Date'] })
  const endpoint = `http://127.0.0.1:${fauxqs.port}`
  const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)
  const start = Date.now()
  let isStopped = false
  return {
    endpoint,
    fauxqs,
    pass,
    clock: {
      now: () => Date.now(),
      monotonic: () => Date.now() - start,
      bootId: undefined,
      async sleep(milliseconds, signal) {
        const { promise, resolve, reject } = Promise.withResolvers<void>()
        signal?.throwIfAborted()
        const inTruth = Math.min(milliseconds, longestSleepMilliseconds)
        const timer = setTimeout(resolve, signal === undefined ? inTruth : inTruth * patience)
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
        try {
          await promise
          // Time stands still for whoever comes after this server.
          if (!isStopped) pass(milliseconds / 1000)
        } finally {
          clearTimeout(timer)
        }
      },
    },
    queue(name, attributes = {}) {
      const kind = name.endsWith('.fifo') ? { FifoQueue: 'true' } : {}
      fauxqs.createQueue(name, { attributes: { ...kind, ...attributes } })
      return sqsUrl(name, endpoint)
    },
    async stop() {
      isStopped = true
      vi.useRealTimers()
      await fauxqs.stop()
    },
  }
}
