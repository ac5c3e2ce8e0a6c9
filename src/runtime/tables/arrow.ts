import { type Layout, named, vecBatches } from './arrow/batches.ts'
import { cellsOf, needsBigint } from './arrow/cells.ts'
import { columnOf } from './arrow/forms.ts'
import { fieldName, kindOf } from './arrow/kinds.ts'
import { readSchema } from './arrow/messages.ts'
import { checkScalars } from './arrow/scalars.ts'
import { batchRows, columnBatch } from './batch.ts'
import { checkColumns } from './columns.ts'
import { checkDeclared } from './declared.ts'
import { asCorrupt, corrupt } from './faults.ts'
import type { TableFile } from './file.ts'
import { load } from './load.ts'
import { sourceOfFile } from './scanned.ts'
import { Sink } from './sink.ts'
import type { Batch, Column, Source, TableLimits, TableOptions } from './table.ts'

/** Reads a Feather (version 2) or Arrow file, or with `stream` an Arrow stream: plain, LZ4 or ZSTD. */
export async function openArrow(
  file: TableFile,
  options: TableOptions & { readonly limits: TableLimits },
  stream: boolean,
): Promise<Source> {
  const lib = await load(() => import('apache-arrow'), '.feather', 'apache-arrow@^21.2.0')
  return await sourceOfFile(file, options.signal, async () => {
    const schema = await readSchema(lib, file, stream)
    const names = schema.fields.map(fieldName)
    checkColumns(
      file.name,
      names.map(name => ({ name })),
    )
    const fields = schema.fields.map(({ type }, i) => {
      const name = names[i] as string
      return { name, kind: kindOf(lib, file.name, name, type) }
    })
    const layout = { lib, file, stream, fields, limits: options.limits }
    const { columns, rowCount } = await scan(layout, options, schema.fields)
    return { columns, rowCount, batches: () => batches(layout, columns, options.signal) }
  })
}

/** An old Feather file, which only pandas before 1.0 and R wrote: recognised to say how to convert it. */
export function refuseFeather1(file: TableFile): never {
  throw corrupt(
    file.name,
    "it is a Feather file of version 1, which is not Arrow; convert it with python -c \"import pyarrow.feather as f; f.write_feather(f.read_table('old.feather'), 'new.feather')\"",
  )
}

/** The first pass: every buffer decoded and checked, no row made. */
async function scan(
  layout: Layout,
  options: TableOptions,
  fields: readonly { readonly nullable: boolean }[],
): Promise<{ readonly columns: readonly Column[]; readonly rowCount: number }> {
  const big = layout.fields.map(field => options.types?.[field.name] === 'bigint')
  let rowCount = 0
  for await (const { vecs, first, length } of vecBatches(layout)) {
    options.signal?.throwIfAborted()
    rowCount += length
    for (const [i, vec] of vecs.entries()) {
      named(layout.file, layout.fields[i]?.name ?? '', first, () => checkScalars(vec))
      big[i] ||= needsBigint(vec)
    }
  }
  const columns = layout.fields.map((field, i) =>
    columnOf(field, big[i] === true, fields[i]?.nullable),
  )
  checkDeclared(layout.file.name, columns, options.types)
  return { columns, rowCount }
}

async function* batches(
  layout: Layout,
  columns: readonly Column[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Batch> {
  const names = columns.map(column => column.name)
  const sink = new Sink()
  try {
    await layout.file.checkUnchanged()
    for await (const { vecs, first, length } of vecBatches(layout)) {
      const cells = vecs.map((vec, i) => cellsOf(vec, columns[i]?.integers === 'bigint'))
      const life = { over: false }
      for (let from = 0; from < length; from += batchRows) {
        signal?.throwIfAborted()
        const to = Math.min(length, from + batchRows)
        yield columnBatch(names, cells, sink, { from, to, first: first + from, life })
      }
      life.over = true
      await layout.file.checkUnchanged()
    }
  } catch (error) {
    throw signal?.aborted === true ? error : asCorrupt(layout.file.name, error)
  }
}
