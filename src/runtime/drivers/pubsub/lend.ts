import type { Clock, Lease, LeaseRequest } from '../../queue/driver.ts'
import { fitting } from '../fitting.ts'
import { waitForMore } from '../wait.ts'
import type { Holdings } from './holdings.ts'
import { limits } from './limits.ts'
import { ackIdOf, fromReceived, type Pulled } from './message.ts'
import type { Service } from './service.ts'

/** Between two looks while leases wait: short after there was something, then longer, for each is a call. */
export const looks = { firstMilliseconds: 100, mostMilliseconds: 1000 }

/** What leasing needs of its queue. */
export interface Lending {
  readonly service: Service
  readonly holdings: Holdings
  readonly clock: Clock
  /** What the service itself gives a worker that has just pulled; `undefined` where nobody may look. */
  readonly deadlineSeconds: number | undefined
  /** How often the service delivers a task before it moves it to the dead ones; `undefined`: for ever. */
  readonly maxDeliveries: number | undefined
  /** Until the next look, while there is nothing. */
  pauseMilliseconds: number
}

/** Looks for tasks until there are some, the wait is over or the driver closes. */
export async function waitForLease(
  lending: Lending,
  request: LeaseRequest,
  closing: AbortSignal,
): Promise<readonly Lease[]> {
  const { clock } = lending
  const { signal, waitSeconds = 0 } = request
  const giveUpAt = clock.monotonic() + waitSeconds * 1000
  for (;;) {
    signal?.throwIfAborted()
    const leases = await takeOrLeave(lending, request)
    if (signal?.aborted) await giveBack(lending, leases)
    signal?.throwIfAborted()
    const left = giveUpAt - clock.monotonic()
    if (leases.length > 0) lending.pauseMilliseconds = looks.firstMilliseconds
    if (leases.length > 0 || left <= 0 || closing.aborted) return leases
    const pause = lending.pauseMilliseconds
    lending.pauseMilliseconds = Math.min(looks.mostMilliseconds, pause * 2)
    const milliseconds = Math.min(pause, left)
    await waitForMore({ clock, milliseconds, signal, enough: [closing] })
  }
}

/** So long a caller that leaves waits for an answer that is under way: what it brings must go back. */
const lateMilliseconds = 1000

/** Takes, unless the caller leaves and the service does not answer: what comes then goes back behind the scenes. */
async function takeOrLeave(lending: Lending, request: LeaseRequest): Promise<readonly Lease[]> {
  const { signal } = request
  const taking = take(lending, request)
  if (signal === undefined) return await taking
  const left = Promise.withResolvers<'left'>()
  const leave = () => {
    const resolve = () => left.resolve('left')
    lending.clock.sleep(lateMilliseconds).then(resolve, resolve)
  }
  signal.addEventListener('abort', leave, { once: true })
  try {
    const answer = await Promise.race([taking, left.promise])
    if (answer !== 'left') return answer
    // What cannot be given back comes back when its lease ends.
    taking.then(leases => giveBack(lending, leases)).catch(() => {})
    return []
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

async function take(lending: Lending, { max, seconds }: LeaseRequest): Promise<readonly Lease[]> {
  const { service, holdings, clock, deadlineSeconds, maxDeliveries } = lending
  // From before the call: a lease is never taken to last longer than it does.
  const asked = clock.monotonic()
  holdings.tidy(asked)
  const received = await service.pull(Math.min(max, limits.batch))
  const pulled = received.map(fromReceived)
  const now = clock.now()
  const due = pulled.filter(({ notBefore }) => notBefore <= now)
  const kept = fitting(due, ({ body }) => Buffer.byteLength(body), limits.batchBytes)
  const early = pulled.filter(({ notBefore }) => notBefore > now)
  const wholeSeconds = Math.ceil(seconds)
  const ackIds = kept.map(({ ackId }) => ackId)
  const [answers, asides] = await Promise.all([
    wholeSeconds === deadlineSeconds ? undefined : service.modifyAckDeadline(ackIds, wholeSeconds),
    Promise.allSettled([
      putBack(service, due.slice(kept.length), 0),
      ...parked(early, now, maxDeliveries).map(([some, aside]) => putBack(service, some, aside)),
    ]),
  ])
  // What is held must reach the caller; the others come back when the lease that they have now ends.
  const failed = asides.find(({ status }) => status === 'rejected')
  if (kept.length === 0 && failed?.status === 'rejected') throw failed.reason
  return kept
    .filter(({ ackId }) => answers?.get(ackId) !== 'lost')
    .map(one => holdings.hold(one, asked + wholeSeconds * 1000, now))
}

/** Tasks that came before their time, by the whole seconds for which they are put aside. */
function parked(
  early: readonly Pulled[],
  now: number,
  maxDeliveries: number | undefined,
): readonly (readonly [Pulled[], number])[] {
  const bySeconds = Map.groupBy(early, ({ notBefore }) =>
    asideSeconds((notBefore - now) / 1000, maxDeliveries),
  )
  return [...bySeconds].map(([seconds, some]) => [some, seconds])
}

/**
 * Of few lengths, for each is a call, and never too long; but where the service counts deliveries and moves
 * tasks to the dead ones by them, rather up to a second too long than once more too early.
 */
function asideSeconds(seconds: number, maxDeliveries: number | undefined): number {
  if (seconds < 10) return maxDeliveries === undefined ? Math.floor(seconds) : Math.ceil(seconds)
  const step = seconds < 60 ? 10 : 60
  return Math.min(limits.leaseSeconds, Math.floor(seconds / step) * step)
}

async function putBack(service: Service, some: readonly Pulled[], seconds: number): Promise<void> {
  const ackIds = some.map(({ ackId }) => ackId)
  await service.modifyAckDeadline(ackIds, seconds)
}

/** A caller that is gone holds nothing. */
async function giveBack({ service, holdings }: Lending, leases: readonly Lease[]): Promise<void> {
  const ackIds = leases.flatMap(({ id, token }) => ackIdOf(id, token) ?? [])
  for (const ackId of ackIds) holdings.forget(ackId)
  await service.modifyAckDeadline(ackIds, 0)
}
