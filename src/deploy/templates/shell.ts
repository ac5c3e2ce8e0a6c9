import { TaskqError } from 'taskq-runtime'
import { render, type Template, type Value, type Values } from './render.ts'

/**
 * Fills a shell template in: every `{{NAME}}` comes out as one single-quoted word. It must stand
 * where a word may stand, for quotes within quotes would let its text out; that is checked first.
 */
export function renderShell(template: Template, values: Values): string {
  const problem = misplaced(template.text)
  if (problem !== undefined) throw new TaskqError('invalid', `${template.path}, ${problem}`)
  return render(template, values, asWord)
}

/** One word of a shell, whatever it holds: the one place where we quote for one. */
export function asWord(value: Value): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  if (text.includes('\0'))
    throw new TaskqError('invalid', 'A shell word cannot hold a NUL character.')
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** Where a `{{NAME}}` is no word of its own: the line and what to write; `undefined` if nowhere. */
function misplaced(text: string): string | undefined {
  for (const [at, line] of text.split('\n').entries()) {
    if (!line.includes('{{')) continue
    // A block such as {{#if}} prints nothing; it has a line of its own.
    if (/^\s*\{\{[#/]\w[^{}]*\}\}\s*$|^\s*\{\{else\}\}\s*$/.test(line)) continue
    const rest = line.replaceAll(/\{\{\{?\s*\w+\s*\}?\}\}/g, '{}')
    if (ASSIGNMENT.test(rest)) continue
    return `line ${at + 1}: a {{NAME}} may only stand in a line of its own as NAME={{NAME}}, for it brings its quotes with it. Use "$NAME" further down.`
  }
  return undefined
}

const ASSIGNMENT = /^\s*(readonly |export )?[A-Za-z_]\w*=\{\}$/
