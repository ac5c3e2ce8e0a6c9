import { inPieces } from '../../queue/batches.ts'
import type { Held, HeldAnswer } from '../../queue/driver.ts'
import type { Holding } from './holdings.ts'
import type { Lending } from './lend.ts'
import { limits } from './limits.ts'
import { ackIdOf, toPublished } from './message.ts'

/** Finishes tasks. */
export async function complete(
  lending: Lending,
  leases: readonly Held[],
): Promise<readonly HeldAnswer[]> {
  const { service, holdings } = lending
  const { answerEach, ackIds } = onceEach(lending, leases)
  const answers = await service.acknowledge(ackIds)
  for (const ackId of ackIds) holdings.forget(ackId)
  return answerEach(answers)
}

/** Moves deadlines. The service cannot note attempts; this handle does, until the task goes back. */
export async function extend(
  lending: Lending,
  leases: readonly Held[],
  seconds: number,
): Promise<readonly HeldAnswer[]> {
  const { service, holdings, clock } = lending
  const asked = clock.monotonic()
  const wholeSeconds = Math.ceil(seconds)
  const named = leases.map(lease => heldAckId(lending, lease))
  const ackIds = [...new Set(named.filter(ackId => ackId !== undefined))]
  const answers = await service.modifyAckDeadline(ackIds, wholeSeconds)
  return leases.map(({ attempts = 0 }, at) => {
    const ackId = named[at] ?? ''
    const answer = answers.get(ackId) ?? 'lost'
    const holding = holdings.find(ackId)
    if (holding !== undefined && answer === 'done') {
      holding.until = asked + wholeSeconds * 1000
      holding.attempts = Math.max(holding.attempts, attempts)
    }
    return answer
  })
}

/**
 * Gives tasks back. One that was charged a run is published anew with its attempts and the old one
 * finished after, for the service keeps no number with a message: a crash between the two doubles it.
 */
export async function release(
  lending: Lending,
  leases: readonly Held[],
  delaySeconds: number,
): Promise<readonly HeldAnswer[]> {
  const { holdings, clock } = lending
  const { answerEach, ackIds } = onceEach(lending, leases)
  const told = new Map(leases.map(({ id, token, attempts }) => [ackIdOf(id, token), attempts]))
  const anew: Anew[] = []
  const plain: string[] = []
  for (const ackId of ackIds) {
    const holding = holdings.find(ackId)
    const attempts = Math.max(holding?.attempts ?? 0, told.get(ackId) ?? 0)
    const isCharged = holding !== undefined && attempts > holding.pulled.attempts
    if (holding !== undefined && (isCharged || delaySeconds > limits.leaseSeconds))
      anew.push({ ackId, holding, attempts })
    else plain.push(ackId)
  }
  const now = clock.monotonic()
  const [published, modified] = await Promise.all([
    publishAnew(
      lending,
      anew.filter(({ holding }) => holding.until > now),
      delaySeconds,
    ),
    lending.service.modifyAckDeadline(
      plain,
      Math.min(limits.leaseSeconds, Math.ceil(delaySeconds)),
    ),
  ])
  for (const ackId of ackIds) holdings.forget(ackId)
  return answerEach(new Map([...published, ...modified]))
}

interface Anew {
  readonly ackId: string
  readonly holding: Holding
  readonly attempts: number
}

/** A lease that ended meanwhile is no longer ours to give back: another may hold the task. */
async function publishAnew(
  { service, clock }: Lending,
  anew: readonly Anew[],
  delaySeconds: number,
): Promise<ReadonlyMap<string, HeldAnswer>> {
  if (anew.length === 0) return new Map()
  const ackIds = anew.map(({ ackId }) => ackId)
  // Where the service fences it is asked first, and the task kept away from others meanwhile.
  const held = service.place.exactlyOnce
    ? await service.modifyAckDeadline(ackIds, limits.leaseSeconds)
    : undefined
  const ours = anew.filter(({ ackId }) => held === undefined || held.get(ackId) === 'done')
  const now = clock.now()
  await inPieces(
    ours,
    limits,
    async piece => {
      await service.publish(
        piece.map(({ holding: { pulled }, attempts }) =>
          toPublished({ ...pulled, attempts, delaySeconds }, now, service.place.ordering),
        ),
      )
      return []
    },
    ({ holding }) => Buffer.byteLength(holding.pulled.body),
  )
  return await service.acknowledge(ours.map(({ ackId }) => ackId))
}

/** The leases of a call without repetition; one that is named twice is ended by the first. */
function onceEach(lending: Lending, leases: readonly Held[]) {
  const seen = new Set<string>()
  const named = leases.map(lease => {
    const ackId = heldAckId(lending, lease)
    if (ackId === undefined || seen.has(ackId)) return undefined
    seen.add(ackId)
    return ackId
  })
  return {
    ackIds: [...seen],
    answerEach: (answers: ReadonlyMap<string, HeldAnswer>): readonly HeldAnswer[] =>
      named.map(ackId => (ackId === undefined ? 'lost' : (answers.get(ackId) ?? 'lost'))),
  }
}

/**
 * The service's name of a lease; `undefined` when it can be none any more. Where leases are fenced they
 * end on time, though the service itself may take a while to notice; elsewhere a late word is welcome.
 */
function heldAckId({ service, holdings, clock }: Lending, { id, token }: Held): string | undefined {
  const ackId = ackIdOf(id, token)
  const holding = ackId === undefined ? undefined : holdings.find(ackId)
  const isOver = holding !== undefined && holding.until <= clock.monotonic()
  return isOver && service.place.exactlyOnce ? undefined : ackId
}
