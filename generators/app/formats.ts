import type { ExampleTable } from './tables.ts'

/** A format in which the example's table can be written. */
export interface TableFormat {
  /** What it is, for people who choose. */
  readonly says: string
  readonly extension: string
  /** What reading it needs: development dependencies, since workers read no tables. */
  readonly packages: readonly string[]
  /** The bytes of the file: the same for the same table, whenever and wherever. */
  readonly encode: (table: ExampleTable) => Promise<Uint8Array>
}

/** The formats on offer; the first is what is usual. */
export const formats: Readonly<Record<string, TableFormat>> = {
  feather: {
    says: 'Feather, as DataFrame.to_feather of pandas writes it',
    extension: '.feather',
    packages: ['apache-arrow'],
    encode: encodeFeather,
  },
  parquet: {
    says: 'Parquet',
    extension: '.parquet',
    packages: ['hyparquet', 'hyparquet-compressors'],
    encode: encodeParquet,
  },
  csv: { says: 'CSV', extension: '.csv', packages: ['csv-parse'], encode: encodeCsv },
  ndjson: {
    says: 'JSON, one object a line',
    extension: '.ndjson',
    packages: [],
    encode: encodeNdjson,
  },
}

async function encodeFeather({ columns }: ExampleTable): Promise<Uint8Array> {
  const { Float64, Int64, Table, tableToIPC, vectorFromArray } = await import('apache-arrow')
  const vectors = columns.map(({ name, type, values }) => [
    name,
    type === 'integer'
      ? vectorFromArray(values.map(BigInt), new Int64())
      : vectorFromArray(values, new Float64()),
  ])
  return tableToIPC(new Table(Object.fromEntries(vectors)), 'file')
}

async function encodeParquet({ columns }: ExampleTable): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer')
  const columnData = columns.map(({ name, type, values }) =>
    type === 'integer'
      ? { name, type: 'INT64' as const, data: values.map(BigInt) }
      : { name, type: 'DOUBLE' as const, data: [...values] },
  )
  return new Uint8Array(parquetWriteBuffer({ columnData }))
}

async function encodeCsv({ columns }: ExampleTable): Promise<Uint8Array> {
  const head = columns.map(({ name }) => name)
  return lines([head, ...rowsOf(columns)].map(cells => cells.join(',')))
}

async function encodeNdjson({ columns }: ExampleTable): Promise<Uint8Array> {
  const names = columns.map(({ name }) => name)
  const objects = rowsOf(columns).map(row => names.map((name, at) => [name, row[at]]))
  return lines(objects.map(entries => JSON.stringify(Object.fromEntries(entries))))
}

function rowsOf(columns: ExampleTable['columns']): readonly (readonly (number | undefined)[])[] {
  const [first] = columns
  return (first?.values ?? []).map((_, at) => columns.map(({ values }) => values[at]))
}

function lines(texts: readonly string[]): Uint8Array {
  return Buffer.from(`${texts.join('\n')}\n`)
}
