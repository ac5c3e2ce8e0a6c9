/** A small table of numbers, column by column. */
export interface ExampleTable {
  readonly columns: readonly {
    readonly name: string
    readonly type: 'integer' | 'float'
    readonly values: readonly number[]
  }[]
}

/** The table that each example begins from, by the example's name. */
export const exampleTables: Readonly<Record<string, () => ExampleTable>> = {
  pi: seeds,
  fractal: tiles,
}

/** A hundred seeds, each with the number of darts to throw. */
function seeds(): ExampleTable {
  const seed = Array.from({ length: 100 }, (_, at) => at + 1)
  return {
    columns: [
      { name: 'seed', type: 'integer', values: seed },
      { name: 'darts', type: 'integer', values: seed.map(() => 200_000) },
    ],
  }
}

/** A thousand tiles of the neighbourhood of a seahorse, forty a line. */
function tiles(): ExampleTable {
  const [across, down] = [40, 25]
  const view = { left: -0.7513, top: 0.1246, width: 0.0126 }
  const side = view.width / across
  const column = Array.from({ length: across * down }, (_, at) => at % across)
  const line = column.map((_, at) => Math.floor(at / across))
  return {
    columns: [
      { name: 'column', type: 'integer', values: column },
      { name: 'line', type: 'integer', values: line },
      { name: 'left', type: 'float', values: column.map(at => view.left + at * side) },
      { name: 'top', type: 'float', values: line.map(at => view.top - at * side) },
      { name: 'side', type: 'float', values: column.map(() => side) },
    ],
  }
}
