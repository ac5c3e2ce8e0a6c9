import Handlebars from 'handlebars'
import { TaskqError } from 'taskq-runtime'

/** What a template may name: texts, numbers, switches, and whole objects made by the command. */
export type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value }
export type Values = Readonly<Record<string, Value | undefined>>

/** A template with the path it is known by. */
export interface Template {
  readonly path: string
  readonly text: string
}

/** How a value is written into a file of some kind. */
export type Escape = (value: Value) => string

/**
 * Fills a template in. Every `{{NAME}}`, and `{{{NAME}}}` too, comes out as `write` writes it: there
 * is no way to get the bare text. A name that has no value is an error with its line.
 */
export function render({ path, text }: Template, values: Values, write: Escape): string {
  const missing = missingIn(parsed(path, text), values)
  if (missing !== undefined) {
    const { name, line } = missing
    throw new TaskqError(
      'invalid',
      `${path}: line ${line}: {{${name}}} has no value. Set ${name} in config/cluster.env, or write one of ${Object.keys(values).toSorted().join(', ')}.`,
    )
  }
  const template = engine.compile(text, { strict: true, noEscape: true, preventIndent: true })
  return template(context(values, write))
}

/** An engine of our own, so that helpers registered by others do not reach our templates. */
const engine = Handlebars.create()

function parsed(path: string, text: string): hbs.AST.Program {
  try {
    return engine.parse(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new TaskqError('invalid', `${path}: it is no template that Handlebars can read: ${why}`, {
      cause,
    })
  }
}

/** The first name in a template that has no value of its own. */
function missingIn(program: hbs.AST.Program, values: Values) {
  let missing: { readonly name: string; readonly line: number } | undefined
  const visitor = new Handlebars.Visitor()
  visitor.PathExpression = ({ original, loc }) => {
    const name = String(original)
    const isGiven = Object.hasOwn(values, name) && values[name] !== undefined
    if (isGiven || Object.hasOwn(engine.helpers, name) || /^(@|this\b|\.)/.test(name)) return
    missing ??= { name, line: loc.start.line }
  }
  visitor.accept(program)
  return missing
}

/** Texts and objects are escaped beforehand; switches stay as they are, so that `{{#if}}` sees them. */
function context(values: Values, write: Escape): object {
  const entries = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, typeof value === 'boolean' ? value : write(value)]],
  )
  return Object.assign(Object.create(null), Object.fromEntries(entries))
}
