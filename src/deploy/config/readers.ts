import { parseBytes, parseCpu } from '../quantity.ts'

/** What a text means, or why it means nothing: a sentence that ends with what to write. */
export type Read<Value> = { readonly value: Value } | { readonly problem: string }

/** Reads the text of a variable. */
export type Reader<Value> = (text: string) => Read<Value>

/** A name that must have a form; `form` says it in words. */
export function named(pattern: RegExp, form: string): Reader<string> {
  return text => (pattern.test(text) ? { value: text } : { problem: `"${text}" is not ${form}.` })
}

/** A whole number within bounds. */
export function whole(least: number, most: number): Reader<number> {
  return text => {
    const value = Number(text)
    if (/^\d{1,15}$/.test(text) && value >= least && value <= most) return { value }
    return { problem: `"${text}" is no whole number from ${least} to ${most}.` }
  }
}

/** One of a few words. */
export function oneOf<Word extends string>(...words: readonly Word[]): Reader<Word> {
  return text => {
    const value = words.find(word => word === text)
    if (value !== undefined) return { value }
    return { problem: `"${text}" is not known here; write ${words.join(', ')}.` }
  }
}

/** An amount of CPU, as Kubernetes writes it; the value is the text. */
export const cpu: Reader<string> = quantity(parseCpu)

/** An amount of memory or disk, as Kubernetes writes it; the value is the text. */
export const bytes: Reader<string> = quantity(parseBytes)

/** Paths, by comma. */
export function paths(text: string): Read<readonly string[]> {
  const value = text.split(',').filter(path => path !== '')
  const names = value.map(path => path.split('/').at(-1) ?? '')
  const wrong = names.find(name => !/^[A-Za-z0-9._-]+$/.test(name))
  if (wrong !== undefined) {
    return { problem: `A file's name may hold letters, digits, ".", "_" and "-", not "${wrong}".` }
  }
  if (new Set(names).size < names.length) {
    return { problem: 'Two files have one name, and would lie on top of each other in the pod.' }
  }
  return { value }
}

function quantity(parse: (text: string) => Read<number>): Reader<string> {
  return text => {
    const parsed = parse(text)
    if ('problem' in parsed) return parsed
    return parsed.value > 0 ? { value: text } : { problem: `"${text}" is nothing.` }
  }
}
