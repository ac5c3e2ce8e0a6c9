import type { Inventory } from '../../queue/driver.ts'
import { beside, type Place } from './address.ts'
import type { Service, SubscriptionInfo } from './service.ts'

/** What we make carries this label, and only what carries it is ever deleted. */
const labels = { 'managed-by': 'taskq' } as const

/** How long a task is with a worker that has not yet said for how long it wants it. */
const deadlineSeconds = 60

/** A queue, and the two beside it. */
export interface Family {
  readonly main: Service
  readonly results: Service
  readonly dead: Service
}

/** The services of a queue and of those beside it. */
export function familyOf(place: Place, serviceOf: (place: Place) => Service): Family {
  const [results, dead] = [serviceOf(beside(place, 'results')), serviceOf(beside(place, 'dead'))]
  return { main: serviceOf(place), results, dead }
}

/** Makes the topics and subscriptions that are not there yet; what is there stays as it is. */
export async function makeFamily({ main, results, dead }: Family): Promise<void> {
  const services = [main, results, dead]
  // The topics first: a subscription can only name one that is there.
  await Promise.all(services.map(makeTopic))
  await Promise.all(services.map(service => makeSubscription(service, dead.place)))
}

async function makeTopic(service: Service): Promise<void> {
  await service.make({ method: 'PUT', path: service.topicPath, body: { labels } })
}

async function makeSubscription(service: Service, dead: Place): Promise<void> {
  const { exactlyOnce, ordering, maxDeliveries } = service.place
  await service.make({
    method: 'PUT',
    path: service.subscriptionPath,
    body: {
      topic: topicName(service.place),
      labels,
      ackDeadlineSeconds: deadlineSeconds,
      // What nobody took by then the service drops.
      messageRetentionDuration: `${service.endpoint.mostDays * 86_400}s`,
      // Without this a subscription is deleted after a month in which nobody asked it.
      expirationPolicy: {},
      ...(exactlyOnce && { enableExactlyOnceDelivery: true }),
      ...(ordering && { enableMessageOrdering: true }),
      ...(maxDeliveries !== undefined && {
        deadLetterPolicy: {
          deadLetterTopic: topicName(dead),
          maxDeliveryAttempts: maxDeliveries,
        },
      }),
    },
  })
}

/** The full name of a topic, as the service has it. */
export function topicName({ project, topic }: Place): string {
  return `projects/${project}/topics/${topic}`
}

/** What stands there of a queue and of those beside it. */
export async function inventoryOf(family: Family): Promise<Inventory> {
  const found = (await Promise.all(Object.values(family).map(findParts))).flat()
  const [ours, others] = [found.filter(part => !part.why), found.filter(part => part.why)]
  return {
    parts: ours.map(({ name }) => name),
    left: others.map(({ name, why }) => ({ name, why })),
    async remove() {
      // A subscription whose topic is gone would go on holding what it has.
      for (const { kind, service } of ours.toSorted((one, other) => one.rank - other.rank))
        await service.find({
          method: 'DELETE',
          path: kind === 'topic' ? service.topicPath : service.subscriptionPath,
        })
    },
  }
}

interface Part {
  readonly kind: 'topic' | 'subscription'
  readonly rank: number
  readonly name: string
  readonly service: Service
  /** Why it is not to be deleted; empty where it may be. */
  readonly why: string
}

async function findParts(service: Service): Promise<readonly Part[]> {
  const { place, topicPath, subscriptionPath } = service
  const [topic, subscription, listed] = await Promise.all([
    service.find<Pick<SubscriptionInfo, 'labels'>>({ method: 'GET', path: topicPath }),
    service.find<SubscriptionInfo>({ method: 'GET', path: subscriptionPath }),
    service.find<{ readonly subscriptions?: readonly string[] }>({
      method: 'GET',
      path: `${topicPath}/subscriptions`,
    }),
  ])
  const own = `projects/${place.project}/subscriptions/${place.subscription}`
  const others = (listed?.subscriptions ?? []).filter(name => name !== own)
  const parts: Part[] = []
  if (subscription !== undefined)
    parts.push({
      ...{ kind: 'subscription', rank: 0, name: `subscription ${place.subscription}`, service },
      why: subscription.topic === topicName(place) ? unlabelled(subscription) : 'of another topic',
    })
  if (topic !== undefined)
    parts.push({
      ...{ kind: 'topic', rank: 1, name: `topic ${place.topic}`, service },
      why: others.length > 0 ? `also read by ${others.join(', ')}` : unlabelled(topic),
    })
  return parts
}

function unlabelled(found: Pick<SubscriptionInfo, 'labels'>): string {
  const isOurs = found.labels?.['managed-by'] === labels['managed-by']
  return isOurs ? '' : 'not made by taskq create-queue'
}
