import { type Fate, pass, type Seen } from '../../test/support/fault-proxy.ts'
import { type FatePlan, refuseWithoutWire, workUnder } from '../faulty-wire.ts'
import type { Chance } from '../plan.ts'
import type { StormTest } from '../storm.ts'

/** Requests that are turned away, and those of which a part fails, by their share. */
const shares = { refused: 0.1, partly: 0.2 }

export const service: StormTest = {
  name: 'service',
  promise: 'throttling, batches that fail in part, double deliveries and stale counts lose nothing',
  load: 'light',
  refuses: refuseWithoutWire,
  async run(storm) {
    const { chance, kind, ground } = storm
    if (kind.name === 'pubsub') return await workUnder(storm, googlePlan(chance))
    // Counts that lie: what they say must hold for a while before it is believed.
    const url = ground.url.replace('settleSeconds=0', 'settleSeconds=2')
    return await workUnder(storm, amazonPlan(chance), { url })
  },
}

const throttles = {
  amazon: [
    { kind: 'refuse', status: 400, code: 'RequestThrottled' },
    { kind: 'refuse', status: 503, code: 'ServiceUnavailable' },
    { kind: 'refuse', status: 500, code: 'InternalError' },
  ],
  google: [
    { kind: 'refuse', status: 429, code: 'RESOURCE_EXHAUSTED' },
    { kind: 'refuse', status: 503, code: 'UNAVAILABLE' },
    { kind: 'answer', status: 200, text: '<html>Log in to the network' },
  ],
} as const satisfies Record<string, readonly Fate[]>

function amazonPlan(chance: Chance): FatePlan {
  return request => {
    if (chance.next() < shares.refused) return oneOf(chance, throttles.amazon)
    if (request.action === 'GetQueueAttributes' && chance.next() < 0.5) return change(empty)
    if (chance.next() >= shares.partly) return pass
    if (request.action === 'ReceiveMessage') return change(doubled)
    return request.action.endsWith('Batch') ? failing(request, chance) : pass
  }
}

interface Batch {
  Entries: { readonly Id: string }[]
}

/** The service does not hear of some entries of a batch, and says that they failed through its own fault. */
function failing({ body }: Seen, chance: Chance): Fate {
  const batch = body as Batch
  const failed = batch.Entries.filter(() => chance.next() < 0.5)
  if (failed.length === batch.Entries.length) return oneOf(chance, throttles.amazon)
  batch.Entries = batch.Entries.filter(entry => !failed.includes(entry))
  const Failed = failed.map(({ Id }) => ({ Id, SenderFault: false, Code: 'InternalError' }))
  return change(({ Successful = [], Failed: others = [] }) => ({
    Successful,
    Failed: [...others, ...Failed],
  }))
}

interface Answer {
  readonly Successful?: unknown[]
  readonly Failed?: unknown[]
  readonly Messages?: { readonly ReceiptHandle: string }[]
  readonly Attributes?: Readonly<Record<string, string>>
}

function change(act: (answer: Answer) => unknown): Fate {
  return { kind: 'change', change: act }
}

/** Each message once more, under a handle that has expired. */
function doubled({ Messages = [] }: Answer): Answer {
  return {
    Messages: Messages.flatMap(one => [one, { ...one, ReceiptHandle: `${one.ReceiptHandle}x` }]),
  }
}

/** Nothing left, say the counts. */
function empty({ Attributes = {} }: Answer): Answer {
  const isCount = (name: string) => name.startsWith('ApproximateNumberOf')
  return {
    Attributes: Object.fromEntries(
      Object.entries(Attributes).map(([name, value]) => [name, isCount(name) ? '0' : value]),
    ),
  }
}

function googlePlan(chance: Chance): FatePlan {
  return ({ action, body }) => {
    if (chance.next() < shares.refused) return oneOf(chance, throttles.google)
    if (action !== 'publish' || chance.next() >= shares.partly) return pass
    const sent = body as { messages: unknown[] }
    const count = sent.messages.length
    sent.messages = [...sent.messages, ...sent.messages]
    return {
      kind: 'change',
      change: ({ messageIds = [] }: { messageIds?: string[] }) => ({
        messageIds: messageIds.slice(0, count),
      }),
    }
  }
}

function oneOf(chance: Chance, fates: readonly Fate[]): Fate {
  return fates[chance.whole(fates.length)] ?? pass
}
