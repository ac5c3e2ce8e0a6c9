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
import { isTaskqError, TaskqError } from '../../queue/errors.ts'
import { Calls } from '../calls.ts'
import { beside, example, type Place, parsePlace } from './address.ts'
import { type Endpoint, findEndpoint } from './endpoint.ts'
import { complete, extend, release } from './give.ts'
import { Holdings } from './holdings.ts'
import { type Lending, looks, waitForLease } from './lend.ts'
import { limits } from './limits.ts'
import { familyOf, inventoryOf, makeFamily, topicName } from './make.ts'
import { checkHeaders, toPublished } from './message.ts'
import { Service, type SubscriptionInfo } from './service.ts'

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
  const calls = new Calls(url)
  const holdings = new Holdings()
  const pauseMilliseconds = looks.firstMilliseconds
  const lending: Lending = { service, holdings, clock, deadlineSeconds, pauseMilliseconds }
  return {
    url,
    wire: 'python',
    queueName: place.topic,
    // Every subscription of a topic gets what is published there.
    identity: `${service.endpoint.service} ${service.topicPath}`,
    limits: { ...limits, ...keptOf(info), ...delayOf(place) },
    traits: traitsOf(place),
    insert: messages => calls.run(() => insert(service, messages, clock)),
    lease: request => calls.run(() => waitForLease(lending, request, calls.closing)),
    extend: (leases, seconds) => calls.run(() => extend(lending, leases, seconds)),
    release: (leases, delaySeconds = 0) => calls.run(() => release(lending, leases, delaySeconds)),
    complete: leases => calls.run(() => complete(lending, leases)),
    counts: () => calls.run(() => countNothing(service)),
    purge: () =>
      calls.run(async () => {
        // What was published in this very millisecond too.
        const end = clock.now() + 1
        holdings.clear()
        await service.seek(end)
        await extras.alsoPurge?.(end)
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
function delayOf({ maxDeliveries }: Place): Partial<Limits> {
  return maxDeliveries === undefined ? {} : { delaySeconds: limits.leaseSeconds }
}

/** How long the subscription keeps what nobody took, where it may be looked at. */
function keptOf(info: SubscriptionInfo | undefined): Pick<Limits, 'keptSeconds'> {
  const keptSeconds = Number.parseFloat(info?.messageRetentionDuration ?? '')
  return keptSeconds > 0 ? { keptSeconds } : {}
}

/**
 * Looks whether the subscription is there and keeps what the URL promises; answers what there is to
 * see, `undefined` where nobody may look. Messages to a topic without its subscription would be lost.
 */
async function checkSubscription(service: Service): Promise<SubscriptionInfo | undefined> {
  const { place, url } = service
  const info = await service.look()
  if (info === undefined) {
    if (!place.exactlyOnce) return undefined
    throw new TaskqError(
      'invalid',
      `${url}: these credentials may not look whether subscription ${place.subscription} delivers exactly once. Grant them roles/pubsub.viewer, or leave out exactlyOnce=true.`,
    )
  }
  const { topic, enableExactlyOnceDelivery = false, enableMessageOrdering = false } = info
  if (topic !== topicName(place))
    throw new TaskqError(
      'invalid',
      topic === '_deleted-topic_'
        ? `The topic of subscription ${place.subscription} in project ${place.project} was deleted, so that nothing more can come. Delete the subscription and make both anew by: taskq create-queue '${url}'`
        : `Subscription ${place.subscription} in project ${place.project} belongs to ${topic}, not to topic ${place.topic}. Name the two that belong together.`,
    )
  if (place.exactlyOnce && !enableExactlyOnceDelivery)
    throw new TaskqError(
      'invalid',
      `Subscription ${place.subscription} does not deliver exactly once. Change it by: gcloud pubsub subscriptions update ${place.subscription} --enable-exactly-once-delivery --project ${place.project}; or leave out exactlyOnce=true.`,
    )
  if (place.ordering && !enableMessageOrdering)
    throw new TaskqError(
      'invalid',
      `Subscription ${place.subscription} does not keep the order, which it can only be told when it is made. Name another, or leave out ordering=true.`,
    )
  return info
}
