import type { Mutation } from './mutations.ts'

/** The variable of the environment that chooses a mistake, by its number. */
export const chosenBy = 'MUTATION'

const chosen = 'globalThis.__mutation'
const head = `${chosen} ??= Number(process.env['${chosenBy}'] ?? 0);`

/**
 * The source with all mistakes in it, each made only while its number is chosen: the first has the
 * number `from`. So that one process can try one after the other without loading anything again.
 */
export function withSwitches(source: string, mutations: readonly Mutation[], from: number): string {
  const numbered = mutations.map((mutation, at) => ({ ...mutation, number: from + at }))
  return `${head}${spliced(source, 0, source.length, numbered)}`
}

type Numbered = Mutation & { readonly number: number }

/** A piece of the source; `inside` are the mistakes within it, outer ones first. */
function spliced(source: string, start: number, end: number, inside: readonly Numbered[]): string {
  let text = ''
  let at = start
  for (let next = 0; next < inside.length; ) {
    const outer = inside[next] as Numbered
    const group = [outer]
    for (next += 1; next < inside.length; next += 1) {
      const one = inside[next] as Numbered
      if (one.start >= outer.end) break
      group.push(one)
    }
    text += source.slice(at, outer.start) + switched(source, group)
    at = outer.end
  }
  return text + source.slice(at, end)
}

/** The first of a group and all that is within it. */
function switched(source: string, group: readonly Numbered[]): string {
  const { start, end, kind } = group[0] as Numbered
  const isSame = (one: Numbered) =>
    one.start === start && one.end === end && (one.kind === kind || kind !== 'statement removed')
  const same = group.filter(isSame)
  const rest = spliced(
    source,
    start,
    end,
    group.filter(one => !isSame(one)),
  )
  const [{ number }] = same as [Numbered]
  if (kind === 'statement removed')
    // In braces, or an `else` behind it would be its own.
    return `{ if (${chosen} !== ${number}) ${rest} }`
  if (kind === 'block emptied') return `{ if (${chosen} === ${number}) return; ${rest.slice(1)}`
  const choices = same.map(one => `${chosen} === ${one.number} ? (${one.to}) : `)
  return `(${choices.join('')}(${rest}))`
}
