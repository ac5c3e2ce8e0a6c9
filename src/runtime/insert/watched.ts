import type { Row, Table } from '../tables/table.ts'

/** Thrown where a filter treats the table as an array of rows; never seen by users. */
export class ArrayWanted extends Error {
  override readonly name = 'ArrayWanted'
}

/** Where a table that a filter made comes from. */
export interface Origin {
  readonly table: Table
  /** The same without the filters, so that chosen rows can be read from it again. */
  readonly whole: Table
  readonly isWhole: boolean
}

interface View {
  /** The table as the filter gets it. */
  readonly table: Table
  /** Whether something was asked of it that only arrays have. */
  readonly wantsArray: () => boolean
}

/**
 * A table that knows its own: tables that are made from it are recognised, rows that come from it
 * remember their place, and what only an array can do is noticed.
 */
export function watched(table: Table): View {
  let arrayWanted = false
  const want = (): never => {
    arrayWanted = true
    throw new ArrayWanted('this filter works on an array of rows')
  }
  return {
    table: watch({ table, whole: table, isWhole: true }, want),
    wantsArray: () => arrayWanted,
  }
}

/** Where a table comes from; `undefined` for whatever was not made from a watched one. */
watched.origin = (value: unknown): Origin | undefined =>
  typeof value === 'object' && value !== null ? origins.get(value) : undefined

/** Every row in an array; each remembers its place. */
export async function watchedRows(table: Table, whole = table): Promise<Row[]> {
  const rows: Row[] = []
  for await (const row of placedRows(table, whole)) rows.push(row)
  return rows
}

/** The place in which table of a row that came from a watched one; `undefined` for a copy. */
export function placeOf(row: unknown): Place | undefined {
  return typeof row === 'object' && row !== null ? Placed.of(row) : undefined
}

/** A row by its table and its number there. */
export interface Place {
  readonly whole: Table
  readonly index: number
}

const origins = new WeakMap<object, Origin>()

function watch(origin: Origin, want: () => never): Table {
  const { table, whole } = origin
  const view: Table = {
    ...table,
    filter: keep => watch({ table: table.filter(keep), whole, isWhole: false }, want),
    withColumn(name, text) {
      const wider = { table: table.withColumn(name, text), whole: whole.withColumn(name, text) }
      return watch({ ...wider, isWhole: origin.isWhole }, want)
    },
    toArray: () => watchedRows(table, whole),
    [Symbol.asyncIterator]: () => placedRows(table, whole),
  }
  const guarded = new Proxy(view, {
    get(target, name, receiver) {
      return !(name in target) && isOfArrays(name) ? want() : Reflect.get(target, name, receiver)
    },
    // `Array.isArray` cannot be answered for; `0 in table` can.
    has: (target, name) => (isOfArrays(name) && !(name in target) ? want() : name in target),
  })
  origins.set(guarded, origin)
  return guarded
}

function isOfArrays(name: PropertyKey): boolean {
  if (name === 'toString' || name === 'constructor' || name === 'toJSON') return false
  return name in Array.prototype || (typeof name === 'string' && /^\d+$/.test(name))
}

async function* placedRows(table: Table, whole: Table): AsyncGenerator<Row, undefined> {
  for await (const batch of table.batches()) {
    for (let at = 0; at < batch.length; at++) {
      const row = batch.row(at)
      new Placed(row, whole, batch.index(at))
      yield row
    }
  }
  return undefined
}

/** Hands out what it is given, so that a subclass writes its private fields onto that. */
class Given {
  constructor(given: object) {
    // biome-ignore lint/correctness/noConstructorReturn: this is how a private field gets onto another's object
    return given
  }
}

/**
 * Notes a row's place in a private field of the row: nobody sees it and no copy has it. A WeakMap of
 * four million rows takes seconds of every collection.
 */
class Placed extends Given {
  readonly #whole: Table
  readonly #index: number

  constructor(row: object, whole: Table, index: number) {
    super(row)
    this.#whole = whole
    this.#index = index
  }

  static of(row: object): Place | undefined {
    return #index in row ? { whole: row.#whole, index: row.#index } : undefined
  }
}
