import type {
  Clock,
  Counts,
  Driver,
  DriverModule,
  InsertAnswer,
  Limits,
  Message,
  OpenOptions,
  Traits,
} from '../../queue/driver.ts'
import { isTaskqError, type TaskqError } from '../../queue/errors.ts'
import { Calls } from '../calls.ts'
import { beside, example, type Place, parsePlace } from './address.ts'
import { type Endpoint, findEndpoint } from './endpoint.ts'
import { complete, extend, release } from './give.ts'
import { Holdings } from './holdings.ts'
import { type Lending, looks, waitForLease } from './lend.ts'
import { limits } from './limits.ts'
import { familyOf, inventoryOf, makeFamily } from './make.ts'
import { checkHeaders, toPublished } from './message.ts'
import { Service, type SubscriptionInfo } from './service.ts'
import { checkSubscription } from './subscription.ts'

/** Google Cloud Pub/Sub: the natural queue of a fleet on GKE, shared with python-task-queue. */
export const pubsub: DriverModule = {
  scheme: 'pubsub',
  example,
  making: 'when asked',
  needs: { package: 'google-auth-library', version: '11' },
  usual: { traits: traitsOf({ exactlyOnce: false }), limits },
  async open(address, options) {
    const place = parsePlace(address)
    return await openPubsub(place, await findEndpoint(place, process.env), options)
  },
  async inventory(address, options) {
    const place = parsePlace(address)
    const endpoint = await findEndpoint(place, process.env)
    return await inventoryOf(familyOf(place, one => new Service(one, endpoint, options)))
  },
}

/** Opens the queue at a place, asking an endpoint. */
export async function openPubsub(
  place: Place,
  endpoint: Endpoint,
  options: OpenOptions,
): Promise<Driver> {
  const family = familyOf(place, one => new Service(one, endpoint, options))
  if (options.create) await makeFamily(family)
  return await driverOf(family.main, options.clock, {
    companion: purpose => {
      const service = new Service(beside(place, purpose), endpoint, options, family.main.url)
      return driverOf(service, options.clock, {})
    },
    async alsoPurge(end) {
      for (const service of [family.results, family.dead]) await seekIfThere(service, end)
    },
  })
}

/** What only a queue has that stands by itself. */
interface Extras {
  readonly companion?: NonNullable<Driver['companion']>
  readonly alsoPurge?: (end: number) => Promise<void>
}

async function driverOf(service: Service, clock: Clock, extras: Extras): Promise<Driver> {
  const { place, url } = service
  const info = await checkSubscription(service)
  const deadlineSeconds = info?.ackDeadlineSeconds
  const maxDeliveries = info?.deadLetterPolicy?.maxDeliveryAttempts ?? place.maxDeliveries
  const calls = new Calls(url)
  const holdings = new Holdings()
  const pauseMilliseconds = looks.firstMilliseconds
  const lending: Lending = {
    ...{ service, holdings, clock, deadlineSeconds, maxDeliveries, pauseMilliseconds },
  }
  return {
    url,
    wire: 'python',
    queueName: place.topic,
    // Every subscription of a topic gets what is published there.
    identity: `${service.endpoint.service} ${service.topicPath}`,
    limits: { ...limits, ...keptOf(info), ...delayOf(maxDeliveries) },
    traits: traitsOf(place),
    insert: messages => calls.run(() => insert(service, messages, clock)),
    lease: request => calls.run(() => waitForLease(lending, request, calls.closing)),
    extend: (leases, seconds) => calls.run(() => extend(lending, leases, seconds)),
    release: (leases, delaySeconds = 0) => calls.run(() => release(lending, leases, delaySeconds)),
    complete: leases => calls.run(() => complete(lending, leases)),
    counts: () => calls.run(() => countNothing(service)),
    purge: () =>
      calls.run(async () => {
        const { end, isOver } = await endOfPurge(service, clock)
        holdings.clear()
        await service.seek(end)
        await extras.alsoPurge?.(end)
        await isOver()
      }),
    close: hurry => calls.close(() => service.rest.end(), hurry),
    ...(extras.companion !== undefined && { companion: extras.companion }),
  }
}

function traitsOf({ exactlyOnce }: Pick<Place, 'exactlyOnce'>): Traits {
  return { fenced: exactlyOnce, unique: false, ordered: false, durable: true }
}

/** Pub/Sub remembers no ids, so that every message is new. */
async function insert(
  service: Service,
  messages: readonly Message[],
  clock: Clock,
): Promise<readonly InsertAnswer[]> {
  for (const message of messages) checkHeaders(message, service.url)
  const now = clock.now()
  const published = messages.map(({ headers = {}, ...message }) =>
    toPublished({ ...message, ...headers }, now, service.place.ordering),
  )
  if (published.length > 0) await service.publish(published)
  return messages.map(() => 'new')
}

/** The service tells no numbers; what is asked here is whether it answers at all. */
async function countNothing(service: Service): Promise<Counts> {
  // Once the last call was answered nothing needs asking, and looking is dear: 100 a second for a project.
  if (!service.rest.answers) await service.look()
  return {
    ready: undefined,
    delayed: undefined,
    leased: undefined,
    done: undefined,
    dead: undefined,
  }
}

/**
 * Until when all that is published is purged: by the service's clock, for by one of ours that is ahead what is
 * inserted next would be taken as done too. The service tells whole seconds, which have to be over.
 */
async function endOfPurge(service: Service, clock: Clock) {
  await service.look()
  const { answeredAt } = service.rest
  if (answeredAt === undefined) return { end: clock.now() + 1, isOver: () => Promise.resolve() }
  return { end: answeredAt + 1000, isOver: () => clock.sleep(1000) }
}

async function seekIfThere(service: Service, end: number): Promise<void> {
  try {
    await service.seek(end)
  } catch (error) {
    // Queues beside are made with the queue, but one that came from elsewhere may have none.
    if (!isTaskqError(error, 'invalid') || !isAbsent(error)) throw error
  }
}

function isAbsent({ cause }: TaskqError): boolean {
  return (cause as { readonly httpStatus?: number } | undefined)?.httpStatus === 404
}

/** Each time that a delayed task is put aside counts as a delivery: few of them must be enough. */
function delayOf(maxDeliveries: number | undefined): Partial<Limits> {
  return maxDeliveries === undefined ? {} : { delaySeconds: limits.leaseSeconds }
}

/** How long the subscription keeps what nobody took, where it may be looked at. */
function keptOf(info: SubscriptionInfo | undefined): Pick<Limits, 'keptSeconds'> {
  const keptSeconds = Number.parseFloat(info?.messageRetentionDuration ?? '')
  return keptSeconds > 0 ? { keptSeconds } : {}
}
