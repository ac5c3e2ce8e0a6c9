/**
 * The seam: what a reader must offer to be a table. Types only.
 *
 * table    rows of parameters under named columns; was read to its end once before it is handed out
 * column   a name, a type, and the one JavaScript form all of its values have
 * row      an object without a prototype, one property a column; read-only
 * value    what a cell holds, in the form in which it reaches the task: what JSON can say, and bigint
 * batch    some thousand rows in a row; JSON text is made from its buffers without making rows
 * null     the one way to have no value: a null, an empty CSV cell, a key that is missing and a NaN
 *          or infinity in a float column are all `null`
 *
 * The type belongs to the column: a column of integers which fit 2^53 in every row is `number`
 * throughout, any other is `bigint` in every row. In a float column 1 is written as `1.0`.
 */

/** The value of a cell. `null` is data here: what the task sees as JSON's null. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Value[]
  | { readonly [name: string]: Value }

/** A row as user code sees it: no prototype, one property for every column. */
export type Row = { readonly [column: string]: Value }

/** The JavaScript form of a column's values; `mixed` only where the format has no columns of its own. */
export type Form =
  | 'boolean'
  | 'number'
  | 'bigint'
  | 'string'
  | 'array'
  | 'object'
  | 'mixed'
  | 'null'

/** A column of a table. */
export interface Column {
  readonly name: string
  /** The type in the words of the format: `int64`, `timestamp[ns, UTC]`, `list<int32>`. */
  readonly type: string
  readonly form: Form
  /** What bare digits in the column's JSON stand for, nested ones too; absent where there are none. */
  readonly integers?: 'number' | 'bigint'
  /** Whether a value may be null; `undefined` is "cannot know". */
  readonly nullable: boolean | undefined
}

/** Rows in a row, still in the reader's buffers. Valid until the next batch is asked for. */
export interface Batch {
  /** How many rows the batch holds. */
  readonly length: number
  /** The place in the table, from 0, of the row at `at`. */
  index(at: number): number
  /** The row at `at` as an object. */
  row(at: number): Row
  /** The JSON object of each row, made from the column buffers; of the rows at `picked` when given. */
  json(picked?: ArrayLike<number>, frame?: Frame): string[]
  /** The task id the table gives to the row; `undefined` when the table names no ids. */
  id(at: number): string | undefined
}

/** Text that is to stand around each row: written with it, it costs a tenth of joining it later. */
export interface Frame {
  /** Before the row's first brace. */
  readonly head: string
  /** After the row's last member, its closing brace included. */
  readonly tail: string
  /** When given, the row's place in the table stands between `tail` and this. */
  readonly end?: string
}

/** A table that decodes and validates to its end. Iterate it for rows, or take its batches. */
export interface Table extends AsyncIterable<Row> {
  /** The file's name, or the function's. */
  readonly name: string
  readonly columns: readonly Column[]
  /** `undefined` is "cannot know", as after a filter. */
  readonly rowCount: number | undefined
  /** Names the contents: equal for equal bytes. `undefined` where reading once leaves none. */
  readonly fingerprint: string | undefined
  /** The rows from the first to the last; rejects when the file changed since it was read. */
  batches(): AsyncIterable<Batch>
  /** The rows for which `keep` answers true; up to 64 answers are awaited at a time. */
  filter(keep: (row: Row, index: number) => boolean | Promise<boolean>): Table
  /** The same rows with one more column of text, the same in each; refuses a name that is taken. */
  withColumn(name: string, text: string): Table
  /** Every row in memory, for small tables. */
  toArray(): Promise<Row[]>
  close(): Promise<void>
}

/** What a reader hands over once it has read to the end; `tableOf` makes a Table of it. */
export interface Source {
  readonly name: string
  readonly columns: readonly Column[]
  readonly rowCount: number | undefined
  readonly fingerprint: string | undefined
  batches(): AsyncIterable<Batch>
  close(): Promise<void>
}

/** The formats that can be read. */
export type Format =
  | 'arrow'
  | 'arrow-stream'
  | 'parquet'
  | 'csv'
  | 'tsv'
  | 'ndjson'
  | 'json'
  | 'yaml'
  | 'typescript'

/** What a column can be declared as; `bigint` is an integer that is a bigint whatever its values. */
export type DeclaredType = 'integer' | 'bigint' | 'float' | 'boolean' | 'text'

/** How a table is opened; every part has a default. */
export interface TableOptions {
  /** Overrides what contents and extension say. */
  readonly format?: Format
  /** Types by column, instead of those inferred. */
  readonly types?: Readonly<Record<string, DeclaredType>>
  readonly limits?: Partial<TableLimits>
  readonly signal?: AbortSignal
}

/** Bounds on what a file may make the reader hold at once. */
export interface TableLimits {
  /** One cell's text or bytes. Default 64 MiB. */
  readonly cellBytes: number
  /** One batch or row group of the file once decompressed. Default 1 GiB. */
  readonly batchBytes: number
  /** A file of a format that must be in memory whole (YAML). Default 16 MiB. */
  readonly wholeFileBytes: number
  /** A file fetched by `https:`. Default 64 GiB. */
  readonly downloadBytes: number
}
