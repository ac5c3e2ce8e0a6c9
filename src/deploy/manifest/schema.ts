import * as kubernetes from '@kubernetes/client-node'
import { meantAmong } from 'taskq-runtime/cli'
import type { Value } from '../templates/render.ts'
import type { YamlObject } from '../templates/yaml.ts'

/**
 * What is wrong with the fields of an object, at any depth: names that Kubernetes does not know and
 * values of the wrong type. The client library would drop the former without a word. Offline.
 */
export function schemaProblems(object: YamlObject): readonly string[] {
  const kind = `${text(object['apiVersion'])} ${text(object['kind'])}`
  const model = KINDS.get(kind)
  if (model === undefined) {
    return [
      `${kind}: an object of this kind is not handled. Known are ${[...KINDS.keys()].join(', ')}.`,
    ]
  }
  return problemsOf(object, model, '').map(problem => `${text(object['kind'])} ${problem}`)
}

/** The kinds a fleet may be made of, by the name of their model in the client library. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ['v1 Namespace', 'V1Namespace'],
  ['v1 ServiceAccount', 'V1ServiceAccount'],
  ['v1 ConfigMap', 'V1ConfigMap'],
  ['v1 Secret', 'V1Secret'],
  ['v1 PersistentVolumeClaim', 'V1PersistentVolumeClaim'],
  ['batch/v1 Job', 'V1Job'],
  ['apps/v1 Deployment', 'V1Deployment'],
])

function problemsOf(value: Value, type: string, path: string): readonly string[] {
  const item = /^Array<(.+)>$/.exec(type)?.[1]
  if (item !== undefined) {
    if (!Array.isArray(value)) return [wrong(path, 'a list', value)]
    return value.flatMap((each, at) => problemsOf(each, item, `${path}[${at}]`))
  }
  const entry = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1]
  const fields = fieldsOf(type)
  if (entry === undefined && fields === undefined) return scalarProblems(value, type, path)
  if (!isObject(value)) return [wrong(path, 'an object', value)]
  return Object.entries(value).flatMap(([name, each]) => {
    const below = `${path}.${name}`
    if (entry !== undefined) return problemsOf(each, entry, below)
    const known = fields?.get(name)
    if (known !== undefined) return problemsOf(each, known, below)
    return [`${below}: there is no such field.${near(name, [...(fields?.keys() ?? [])])}`]
  })
}

function scalarProblems(value: Value, type: string, path: string): readonly string[] {
  switch (type) {
    case 'string':
    case 'Date':
      return typeof value === 'string' ? [] : [wrong(path, 'a text (write it in quotes)', value)]
    case 'number':
      return typeof value === 'number' ? [] : [wrong(path, 'a number', value)]
    case 'boolean':
      return typeof value === 'boolean' ? [] : [wrong(path, 'true or false', value)]
    case 'IntOrString':
      return typeof value === 'object' ? [wrong(path, 'a number or a text', value)] : []
    default:
      return []
  }
}

/** The fields of a model with their types; `undefined` for what is no model. */
function fieldsOf(type: string): ReadonlyMap<string, string> | undefined {
  const model: unknown = Reflect.get(kubernetes, type)
  if (typeof model !== 'function' || !('getAttributeTypeMap' in model)) return undefined
  const { getAttributeTypeMap } = model
  if (typeof getAttributeTypeMap !== 'function') return undefined
  const attributes: readonly { readonly baseName: string; readonly type: string }[] =
    getAttributeTypeMap()
  return new Map(attributes.map(each => [each.baseName, each.type]))
}

function near(name: string, known: readonly string[]): string {
  const meant = meantAmong(known, name)
  return meant === undefined ? ` Known here: ${known.join(', ')}.` : ` Did you mean ${meant}?`
}

function wrong(path: string, expected: string, got: Value): string {
  return `${path}: expected ${expected}, got ${JSON.stringify(got)}.`
}

function isObject(value: Value): value is { readonly [key: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function text(value: Value | undefined): string {
  return typeof value === 'string' ? value : '(none)'
}
