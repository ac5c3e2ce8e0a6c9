import { TaskqError } from '../../queue/errors.ts'
import { topicName } from './make.ts'
import type { Service, SubscriptionInfo } from './service.ts'

/**
 * Looks whether the subscription is there, hands out all that is inserted, and keeps what the URL promises;
 * answers what there is to see, `undefined` where nobody may look. Messages to a topic without its
 * subscription would be lost.
 */
export async function checkSubscription(service: Service): Promise<SubscriptionInfo | undefined> {
  const { place, url } = service
  const info = await service.look()
  if (info === undefined) {
    if (!place.exactlyOnce) return undefined
    throw new TaskqError(
      'invalid',
      `${url}: these credentials may not look whether subscription ${place.subscription} delivers exactly once. Grant them roles/pubsub.viewer, or leave out exactlyOnce=true.`,
    )
  }
  const fault = losing(info, service) ?? missing(info, service)
  if (fault !== undefined) throw new TaskqError('invalid', fault)
  return info
}

/** Why tasks would never reach a worker. */
function losing(info: SubscriptionInfo, { place, url }: Service): string | undefined {
  const { subscription, project } = place
  const { topic, detached = false, filter = '' } = info
  if (topic === '_deleted-topic_')
    return `The topic of subscription ${subscription} in project ${project} was deleted, so that nothing more can come. Delete the subscription and make both anew by: taskq create-queue '${url}'`
  if (topic !== topicName(place))
    return `Subscription ${subscription} in project ${project} belongs to ${topic}, not to topic ${place.topic}. Name the two that belong together.`
  if (detached)
    return `Subscription ${subscription} in project ${project} was detached from its topic, so that nothing more can come and what it had is gone. Delete it and make it anew by: taskq create-queue '${url}'`
  if (filter !== '')
    return `Subscription ${subscription} in project ${project} drops what its filter (${filter}) does not let through, and a task that is given back carries only our attributes. Name a subscription without a filter; one cannot be taken off.`
  if (consumerOf(info) !== undefined)
    return `Subscription ${subscription} in project ${project} hands its messages to ${consumerOf(info)} by itself, so that no worker gets any. Name a pull subscription.`
  return undefined
}

/** Who gets the messages of a subscription that nobody pulls. */
function consumerOf({ pushConfig, bigqueryConfig, cloudStorageConfig }: SubscriptionInfo) {
  return (
    pushConfig?.pushEndpoint || bigqueryConfig?.table || cloudStorageConfig?.bucket || undefined
  )
}

/** What the URL promises and the subscription does not keep. */
function missing(info: SubscriptionInfo, { place }: Service): string | undefined {
  const { subscription, project, exactlyOnce, ordering, maxDeliveries } = place
  const update = `gcloud pubsub subscriptions update ${subscription} --project ${project}`
  if (exactlyOnce && info.enableExactlyOnceDelivery !== true)
    return `Subscription ${subscription} does not deliver exactly once. Change it by: ${update} --enable-exactly-once-delivery; or leave out exactlyOnce=true.`
  if (ordering && info.enableMessageOrdering !== true)
    return `Subscription ${subscription} does not keep the order, which it can only be told when it is made. Name another, or leave out ordering=true.`
  if (maxDeliveries !== undefined && info.deadLetterPolicy === undefined)
    return `Subscription ${subscription} moves nothing to the dead ones, however often it is delivered. Change it by: ${update} --dead-letter-topic ${place.topic}-dead --max-delivery-attempts ${maxDeliveries}; or leave out maxDeliveries=${maxDeliveries}.`
  return undefined
}
