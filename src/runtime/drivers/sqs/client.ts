import type { SQS } from '@aws-sdk/client-sqs'
import type { SqsAddress } from './address.ts'
import { requestsAtOnce } from './batch-calls.ts'
import { translate } from './errors.ts'

/** A queue, and how it is made. */
type QueueName = Pick<SqsAddress, 'name' | 'home'>

/** The service as the driver uses it. */
export interface SqsClient {
  /** Where requests go: a region, or the address that goes before it. */
  readonly place: string
  /** Aborted by `close`: for what may go on when nobody waits for it any more. */
  readonly ending: AbortSignal
  /** Asks the service, about one queue; faults come as errors of ours. */
  ask<Answer>(about: QueueName, act: (sqs: SQS) => Promise<Answer>): Promise<Answer>
  close(): void
}

const timeouts = {
  connectionTimeout: 5_000,
  // A long poll is 20 seconds of silence.
  requestTimeout: 40_000,
  throwOnRequestTimeout: true,
} as const

/** Tries of the SDK for one request that failed on its way or was turned away as too much. */
const maxAttempts = 5

/** A client with the SDK's own chain of credentials: environment, profile, SSO, role of the machine. */
export async function openClient({ region, endpoint }: SqsAddress): Promise<SqsClient> {
  const sdk = await import('@aws-sdk/client-sqs')
  const sockets = { keepAlive: true, maxSockets: requestsAtOnce * 4 }
  const sqs = new sdk.SQS({
    region,
    maxAttempts,
    // The address was decided by us; the SDK would follow whatever host a queue's URL names.
    useQueueUrlAsEndpoint: false,
    requestHandler: { ...timeouts, httpAgent: sockets, httpsAgent: sockets },
    ...(endpoint !== undefined && { endpoint }),
  })
  const place = endpoint ?? region
  const ending = new AbortController()
  return {
    place,
    ending: ending.signal,
    async ask({ name, home }, act) {
      try {
        return await act(sqs)
      } catch (error) {
        throw translate(error, { queue: name, home, place })
      }
    },
    close() {
      ending.abort(new Error(`the client of ${place} was closed`))
      sqs.destroy()
    },
  }
}
