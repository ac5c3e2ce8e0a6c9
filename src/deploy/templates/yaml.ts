import { isDeepStrictEqual } from 'node:util'
import { TaskqError } from 'taskq-runtime'
import { parseAllDocuments } from 'yaml'
import { render, type Template, type Value, type Values } from './render.ts'

/** One document of a YAML file, as an object. */
export type YamlObject = { readonly [key: string]: Value }

/** A filled-in YAML template: its text, and the objects in it. */
export interface RenderedYaml {
  readonly text: string
  readonly objects: readonly YamlObject[]
}

/**
 * Fills a YAML template in. The text is parsed back and compared with what was meant: the template
 * with the values put in as data, wherever their places are. A value that broke out would differ.
 */
export function renderYaml(template: Template, values: Values): RenderedYaml {
  const text = render(template, values, asYaml)
  const objects = parseYaml(template.path, text)
  const places = Object.keys(values)
  const marked = Object.fromEntries(
    places.map(name => {
      const value = values[name]
      return [name, typeof value === 'boolean' || value === undefined ? value : mark(name)]
    }),
  )
  const meant = parseYaml(template.path, render(template, marked, asYaml)).map(each =>
    filled(each, values),
  )
  if (isDeepStrictEqual(objects, meant)) return { text, objects }
  throw new TaskqError(
    'invalid',
    `${template.path}: filled in, it means something else than the template: a {{NAME}} stands inside other text or quotes. Write it alone, as in "image: {{TASK_DOCKER_IMAGE}}".`,
  )
}

/** A value as YAML: one line of JSON, which is YAML, without what any reader takes for a line's end. */
export function asYaml(value: Value): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The documents of a YAML text; empty ones are left out. */
function parseYaml(path: string, text: string): readonly YamlObject[] {
  const documents = parseAllDocuments(text, { uniqueKeys: true, schema: 'core' })
  return [...documents].flatMap(document => {
    const [problem] = document.errors
    if (problem !== undefined) {
      throw new TaskqError('invalid', `${path} is no YAML once filled in: ${problem.message}`)
    }
    const object: unknown = document.toJS({ maxAliasCount: 20 })
    if (object === null) return []
    if (isObject(object)) return [object]
    throw new TaskqError(
      'invalid',
      `${path} holds something that is no object. Begin it with apiVersion.`,
    )
  })
}

function isObject(value: unknown): value is YamlObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A text that no one writes by chance, in the place of a value. */
function mark(name: string): string {
  return `\u{10fffd}${name}\u{10fffd}`
}

function filled(value: Value, values: Values): YamlObject
function filled(value: Value, values: Values): Value
function filled(value: Value, values: Values): Value {
  if (typeof value === 'string') {
    const name = /^\u{10fffd}(\w+)\u{10fffd}$/u.exec(value)?.[1]
    if (name === undefined) return value
    // As a reader of JSON gets it: without prototypes of its own.
    return JSON.parse(JSON.stringify(values[name] ?? value))
  }
  if (Array.isArray(value)) return value.map(each => filled(each, values))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [nameOf(filled(key, values)), filled(each, values)]),
  )
}

/** What stands before a colon; a reader of YAML takes numbers there for texts as well. */
function nameOf(key: Value): string {
  return typeof key === 'object' ? JSON.stringify(key) : String(key)
}
