import { isDeepStrictEqual } from 'node:util'
import { TaskqError } from 'taskq-runtime'
import type { Manifest } from '../manifest/manifest.ts'
import type { YamlObject } from '../templates/yaml.ts'
import {
  bodyIfThere,
  goodBody,
  type KubeAnswer,
  type KubeApi,
  kubeError,
  objectOf,
  statusOf,
} from './api.ts'
import { identityOf, pathOfObject } from './paths.ts'

/** What applying an object would do, or did. */
export interface Change {
  readonly object: string
  readonly what: 'created' | 'changed' | 'same'
  /** Fields that differ, as `spec.parallelism: 3 -> 5`. */
  readonly fields: readonly string[]
  readonly warnings: readonly string[]
}

/** Asks the server what applying would do, changing nothing. `undefined` where the namespace is not there yet. */
export async function dryRun(
  kube: KubeApi,
  object: YamlObject,
  signal: AbortSignal,
): Promise<Change | undefined> {
  const live = bodyIfThere(
    await kube.send({ method: 'GET', path: pathOfObject(object), signal }),
    `${nameOf(object)} could not be looked up`,
  )
  const answer = await patch(kube, object, { dryRun: 'All' }, signal)
  if (answer.status === 404) return undefined
  return changeOf(object, live, answer, 'would not be taken')
}

/** Applies an object as it is, under our own name as the manager of its fields. */
export async function apply(
  kube: KubeApi,
  object: YamlObject,
  signal: AbortSignal,
): Promise<Change> {
  const answer = await patch(kube, object, {}, signal)
  return changeOf(object, undefined, answer, 'was not taken')
}

/** All objects of a fleet in the order in which they must be there. */
export function inOrder({ objects, secret }: Manifest): readonly YamlObject[] {
  const isFleet = ({ kind }: YamlObject) => kind === 'Job' || kind === 'Deployment'
  return [
    ...objects.filter(each => !isFleet(each)),
    ...(secret === undefined ? [] : [secret]),
    ...objects.filter(isFleet),
  ]
}

/** The name under which fields are ours. */
const FIELD_MANAGER = 'taskq'
/** The name under which `scale` and `pause` change fields. */
export const SCALE_MANAGER = 'taskq-scale'

async function patch(
  kube: KubeApi,
  object: YamlObject,
  more: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<KubeAnswer> {
  const request = (force: Readonly<Record<string, string>>) =>
    kube.send({
      method: 'PATCH',
      path: pathOfObject(object),
      query: { fieldManager: FIELD_MANAGER, fieldValidation: 'Strict', ...more, ...force },
      contentType: 'application/apply-patch+yaml',
      body: object,
      signal,
    })
  const answer = await request({})
  // What "scale" set is ours too and may be taken over; what others set is not.
  return answer.status === 409 && isOwnConflict(answer) ? await request({ force: 'true' }) : answer
}

function isOwnConflict({ body }: KubeAnswer): boolean {
  const { causes } = statusOf(body)
  return causes.length > 0 && causes.every(({ message }) => message.includes(`"${SCALE_MANAGER}"`))
}

function changeOf(object: YamlObject, live: unknown, answer: KubeAnswer, refused: string): Change {
  const name = nameOf(object)
  if (answer.status === 409) throw conflict(name, answer)
  if (answer.status >= 300) throw kubeError(answer, `${name} ${refused}`)
  const violation = answer.warnings.find(text => text.includes('would violate PodSecurity'))
  if (violation !== undefined) {
    // The server takes the Job all the same, and then refuses every one of its pods.
    throw new TaskqError(
      'invalid',
      `${name}: its pods would be refused: ${violation}. Correct securityContext in templates/kube-task.yaml.`,
    )
  }
  const fields =
    live === undefined ? [] : differences(live, goodBody(answer, name), secretive(object))
  const what = answer.status === 201 ? 'created' : fields.length === 0 ? 'same' : 'changed'
  return { object: name, what, fields, warnings: answer.warnings }
}

function conflict(name: string, { body }: KubeAnswer): TaskqError {
  const { causes, message } = statusOf(body)
  const fields = causes.map(each => `${each.field} (${each.message})`)
  return new TaskqError(
    'invalid',
    `${name}: others have set fields of it: ${fields.join(', ') || message}. Undo what they did, or let them set it and remove the field from the template.`,
  )
}

function nameOf(object: YamlObject): string {
  const { kind, name } = identityOf(object)
  return `${kind} ${name}`
}

/** The contents of a Secret are shown to nobody. */
function secretive({ kind }: YamlObject): boolean {
  return kind === 'Secret'
}

/** Fields that are the server's and change by themselves. */
const SERVERS_OWN =
  /^(status|metadata\.(resourceVersion|generation|managedFields|uid|creationTimestamp))(\.|$)/

function differences(
  before: unknown,
  after: unknown,
  hidden: boolean,
  path = '',
): readonly string[] {
  if (SERVERS_OWN.test(path) || isDeepStrictEqual(before, after)) return []
  const [one, other] = [objectOf(before), objectOf(after)]
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  if (names.size > 0 && typeof before === 'object' && typeof after === 'object') {
    return [...names].flatMap(name =>
      differences(one[name], other[name], hidden, path === '' ? name : `${path}.${name}`),
    )
  }
  return [hidden ? `${path}: (hidden)` : `${path}: ${shown(before)} -> ${shown(after)}`]
}

function shown(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value)
}
