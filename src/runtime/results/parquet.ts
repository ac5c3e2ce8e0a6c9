import type { SchemaElement } from 'hyparquet'
import { load } from '../tables/load.ts'
import { cellBatches } from './cells.ts'
import type { Kind, Sheet } from './sheet.ts'

/** Rows that are kept apart from others, so that readers can skip them. */
const groupRows = 32_768

/** A sheet as Parquet, compressed with Snappy; one row group at a time is held in memory. */
export async function* toParquet(sheet: Sheet): AsyncGenerator<Uint8Array> {
  const { ByteWriter, ParquetWriter } = await loadParquetWriter()
  const { columns } = sheet
  const schema: SchemaElement[] = [
    { name: 'root', num_children: columns.length },
    ...columns.map(
      ({ header, kind }, at): SchemaElement => ({
        name: header,
        repetition_type: at === 0 ? 'REQUIRED' : 'OPTIONAL',
        ...elements[kind],
      }),
    ),
  ]
  const bytes = new ByteWriter()
  const writer = new ParquetWriter({ writer: bytes, schema, createdBy: 'taskq' })
  const taken = () => {
    const piece = bytes.getBytes().slice()
    bytes.index = 0
    return piece
  }
  for await (const batch of cellBatches(sheet, groupRows)) {
    const columnData = columns.map(({ header }, at) => ({
      name: header,
      data: [...(batch.columns[at] ?? [])],
    }))
    await writer.write({ columnData, rowGroupSize: batch.length })
    yield taken()
  }
  await writer.finish()
  yield taken()
}

/** The package that writes Parquet, which not everybody has. */
export async function loadParquetWriter(): Promise<typeof import('hyparquet-writer')> {
  const needs = 'hyparquet-writer@^0.17.0'
  return await load(() => import('hyparquet-writer'), 'Parquet', needs, 'writing')
}

const elements: Readonly<Record<Kind, Omit<SchemaElement, 'name'>>> = {
  boolean: { type: 'BOOLEAN' },
  int64: { type: 'INT64' },
  uint64: { type: 'INT64', converted_type: 'UINT_64' },
  float64: { type: 'DOUBLE' },
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  json: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  'timestamp[ms]': timestamp('MILLIS'),
  'timestamp[us]': timestamp('MICROS'),
  'timestamp[ns]': timestamp('NANOS'),
}

function timestamp(unit: 'MILLIS' | 'MICROS' | 'NANOS'): Omit<SchemaElement, 'name'> {
  return { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit } }
}
