import { optionsIn, readSwitch, withoutPassword } from '../../queue/address.ts'
import { TaskqError } from '../../queue/errors.ts'

/** The forms of a Pub/Sub queue's URL: the short one, and the one that python-task-queue writes. */
export const example = 'pubsub://PROJECT/TOPIC'
const longExample = 'pubsub://projects/PROJECT/topics/TOPIC/subscriptions/SUBSCRIPTION'

/** Which topic and subscription a URL names, and what is asked of them. */
export interface Place {
  readonly project: string
  readonly topic: string
  readonly subscription: string
  /** Whether the subscription delivers exactly once, which is what fences. */
  readonly exactlyOnce: boolean
  /** Whether tasks are delivered in the order inserted, one after the other. */
  readonly ordering: boolean
  /** How often the service delivers a task before it moves it to the dead ones itself. */
  readonly maxDeliveries: number | undefined
  /** Where the service is asked; `undefined`: wherever it is nearest. */
  readonly region: string | undefined
}

const options = ['exactlyOnce', 'ordering', 'maxDeliveries', 'region'] as const

/** Takes the part of a URL after `pubsub:` apart. Without a subscription it is named like the topic. */
export function parsePlace(rest: string): Place {
  const [path = '', query = ''] = rest.split('?', 2)
  const [project = '', topic = '', subscription = topic] = partsOf(path)
  const given = optionsIn(query)
  for (const name of given.keys()) {
    if (!options.some(option => option === name))
      throw invalid(
        `Unknown option "${name}" in the queue's URL. Known here: ${options.join(', ')}.`,
      )
  }
  return {
    project: checked('project', project, /^[a-z][a-z0-9.:-]{2,62}$/, rest),
    topic: checked('topic', topic, resourceName, rest),
    subscription: checked('subscription', subscription, resourceName, rest),
    exactlyOnce: readSwitch(given, 'exactlyOnce', false),
    ordering: readSwitch(given, 'ordering', false),
    maxDeliveries: readDeliveries(given.get('maxDeliveries')),
    region: readRegion(given.get('region')),
  }
}

/** The URL of a place, as short as it can be. */
export function urlOf(place: Place): string {
  const { project, topic, subscription, exactlyOnce, ordering, maxDeliveries, region } = place
  const path =
    topic === subscription
      ? `${project}/${topic}`
      : `projects/${project}/topics/${topic}/subscriptions/${subscription}`
  const given = [
    exactlyOnce ? 'exactlyOnce=true' : undefined,
    ordering ? 'ordering=true' : undefined,
    maxDeliveries === undefined ? undefined : `maxDeliveries=${maxDeliveries}`,
    region === undefined ? undefined : `region=${region}`,
  ].filter(option => option !== undefined)
  return `pubsub://${path}${given.length === 0 ? '' : `?${given.join('&')}`}`
}

/** The queue beside a queue: the same options but those that only concern tasks. */
export function beside(place: Place, purpose: 'dead' | 'results'): Place {
  return {
    ...place,
    topic: `${place.topic}-${purpose}`,
    subscription: `${place.subscription}-${purpose}`,
    exactlyOnce: false,
    ordering: false,
    maxDeliveries: undefined,
  }
}

/** As the service has it: a letter, then letters, digits and a few signs; 3 to 255 in all. */
const resourceName = /^(?!goog)[a-z][a-z0-9\-_.~+%]{2,254}$/i

function partsOf(path: string): readonly string[] {
  const parts = path.replace(/^\/\//, '').split('/')
  const [projects, project = '', topics, topic = '', subscriptions, subscription] = parts
  if (projects !== 'projects' || topics !== 'topics') return parts.length <= 3 ? parts : []
  if (subscriptions === undefined) return [project, topic]
  return subscriptions === 'subscriptions' && subscription !== undefined && parts.length === 6
    ? [project, topic, subscription]
    : []
}

function checked(what: string, name: string, form: RegExp, rest: string): string {
  if (form.test(name)) return name
  const shown = withoutPassword(`pubsub:${rest}`)
  throw invalid(
    name === ''
      ? `${shown} names no ${what}. Write ${example} or ${longExample}.`
      : `"${withoutPassword(name)}" in ${shown} is no name of a Pub/Sub ${what}. Write ${example} or ${longExample}; names have 3 to 255 letters, digits and -_.~+%, the first a letter.`,
  )
}

function readDeliveries(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const deliveries = Number(text)
  if (/^\d{1,3}$/.test(text) && deliveries >= 5 && deliveries <= 100) return deliveries
  throw invalid(
    `Option maxDeliveries in the queue's URL takes a whole number from 5 to 100, not "${text}".`,
  )
}

function readRegion(text: string | undefined): string | undefined {
  if (text === undefined || /^[a-z]+-[a-z]+\d{1,2}$/.test(text)) return text
  throw invalid(
    `Option region in the queue's URL takes a region such as us-central1, not "${text}".`,
  )
}

function invalid(message: string): TaskqError {
  return new TaskqError('invalid', message)
}
