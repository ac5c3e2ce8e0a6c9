/** What the columns of a file of results are called before clashes are settled. */
export interface Names {
  readonly params: readonly string[]
  readonly values: readonly string[]
  readonly facts: readonly string[]
}

/** The header of each parameter and of each property of the values. */
export interface Headers {
  readonly param: (name: string) => string
  readonly value: (name: string) => string
}

/**
 * No two columns have one name. `id`, `value` and the facts keep theirs; a parameter that is called
 * like one of these gets `params.` before it, and a property that is called like one of these or like
 * a parameter gets `value.`, again and again until its name is free.
 */
export function headersOf({ params, values, facts }: Names): Headers {
  const taken = new Set(['id', 'value', ...facts])
  // Names that need no change are given first: "value.id" may be the very name of a property.
  const claim = (names: readonly string[], prefix: string) => {
    const free = names.filter(name => !taken.has(name))
    const clashing = names.filter(name => taken.has(name))
    const headers = new Map(free.map(name => [name, name]))
    for (const name of free) taken.add(name)
    for (const name of clashing) {
      let header = `${prefix}.${name}`
      while (taken.has(header)) header = `${prefix}.${header}`
      taken.add(header)
      headers.set(name, header)
    }
    return (name: string) => headers.get(name) ?? name
  }
  const param = claim(params, 'params')
  return { param, value: claim(values, 'value') }
}
