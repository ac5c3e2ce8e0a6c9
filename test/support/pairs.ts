/** Choices by name. */
type Choices = Readonly<Record<string, readonly (string | boolean)[]>>

/**
 * A few combinations in which every two choices of different names meet at least once. The same for the same choices.
 */
export function pairwise<Names extends Choices>(
  choices: Names,
): readonly { readonly [Name in keyof Names]: Names[Name][number] }[] {
  const names = Object.keys(choices)
  const missing = new Set(names.flatMap((name, at) => names.slice(at + 1).flatMap(pairsOf(name))))
  const rows: Record<string, string | boolean>[] = []
  while (missing.size > 0) {
    // Begun from a pair that is missing still, so that every row meets something new.
    const [pair = '[]'] = missing
    const row: Record<string, string | boolean> = Object.fromEntries(JSON.parse(pair))
    for (const name of names.filter(each => row[each] === undefined)) {
      const values = choices[name] ?? []
      const gains = values.map(value => gain({ ...row, [name]: value }))
      row[name] = values[gains.indexOf(Math.max(...gains))] ?? ''
    }
    for (const met of pairsIn(row)) missing.delete(met)
    rows.push(row)
  }
  return rows as { readonly [Name in keyof Names]: Names[Name][number] }[]

  function pairsOf(name: string) {
    return (other: string) =>
      (choices[name] ?? []).flatMap(value =>
        (choices[other] ?? []).map(another => key([name, value], [other, another])),
      )
  }

  function gain(row: Record<string, string | boolean>): number {
    return pairsIn(row).filter(pair => missing.has(pair)).length
  }

  function pairsIn(row: Record<string, string | boolean>): readonly string[] {
    const said = names.flatMap(name =>
      row[name] === undefined ? [] : [[name, row[name]] as const],
    )
    return said.flatMap((one, at) => said.slice(at + 1).map(other => key(one, other)))
  }
}

function key(...pair: readonly (readonly [string, string | boolean])[]): string {
  return JSON.stringify(pair)
}
