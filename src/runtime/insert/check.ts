import { checkId } from '../queue/checks.ts'
import type { Driver } from '../queue/driver.ts'
import { TaskqError } from '../queue/errors.ts'
import { defaultLimits } from '../tables/faults.ts'
import type { Batch, Column, Row, Table } from '../tables/table.ts'
import { IdJudge, IdWatch } from './duplicates.ts'
import { type Encoder, range } from './encoder.ts'
import { slices } from './slices.ts'
import { issueText, type SchemaAnswer, type StandardSchema } from './standard-schema.ts'
import { runUserCode } from './user-code.ts'

/** What every row has to be before the first is inserted. */
export interface RowRules {
  readonly schema?: StandardSchema | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Goes through the table once before anything is inserted: no two rows make one id, every id can be
 * an id, every row fits into the queue and is as the schema has it. Left out where nothing of that
 * can be wrong: rows named by their place, without a schema, for a queue that takes large bodies.
 */
export async function checkRows(
  table: Table,
  encoder: Encoder,
  { url, limits }: Pick<Driver, 'url' | 'limits'>,
  { schema, signal }: RowRules,
): Promise<void> {
  // Where the queue takes what fits into a cell, a row too large is so rare that its own batch finds it.
  const measures = limits.bodyBytes < defaultLimits.cellBytes && encoder.columns.some(canBeLong)
  const watch = new IdWatch()
  const faults = new Faults(table)
  let byContents = false
  for await (const batch of table.batches()) {
    byContents ||= encoder.byContents(batch)
    if (!byContents && !measures && schema === undefined) return
    for (const { from, to } of slices(batch)) {
      signal?.throwIfAborted()
      const { ids, texts } = encoder.ids(batch, from, to)
      if (byContents) addIds(watch, table, batch, from, ids)
      if (measures) {
        const rows = texts ?? batch.json(range(from, to))
        for (let i = 0; i < rows.length; i++) {
          const row = rows[i] as string
          if (row.length * 3 + encoder.frameBytes <= limits.bodyBytes) continue
          const bytes = Buffer.byteLength(encoder.params(row)) + encoder.frameBytes
          if (bytes > limits.bodyBytes)
            throw tooLarge(table, batch.index(from + i), bytes, url, limits.bodyBytes)
        }
      }
      if (schema !== undefined)
        await runUserCode('The schema', () =>
          validate(schema, encoder.columns, batch, from, to, faults),
        )
    }
  }
  faults.throwAny()
  const suspects = watch.suspects()
  if (suspects.size > 0) await judge(table, encoder, suspects)
}

/** Numbers and booleans have some thirty characters at most; all else may have any number. */
const canBeLong = ({ form }: Column) => form !== 'number' && form !== 'bigint' && form !== 'boolean'

function addIds(
  watch: IdWatch,
  table: Table,
  batch: Batch,
  from: number,
  ids: readonly string[],
): void {
  for (const [i, id] of ids.entries()) {
    try {
      checkId(id)
    } catch (cause) {
      const { message } = cause as Error
      throw new TaskqError(
        'invalid',
        `${table.name}, row ${batch.index(from + i) + 1}: ${message}`,
        { cause },
      )
    }
    watch.add(id)
  }
}

/** A second look at the few rows whose ids may be the same. */
async function judge(table: Table, encoder: Encoder, suspects: ReadonlySet<number>): Promise<void> {
  const seen = new IdJudge(table, suspects)
  for await (const batch of table.batches()) {
    for (const { from, to } of slices(batch)) {
      const { ids } = encoder.ids(batch, from, to)
      for (let i = 0; i < ids.length; i++) seen.see(ids[i] as string, batch.index(from + i))
    }
  }
}

/** How many answers of a schema are awaited at a time, where it does not answer at once. */
const validationWidth = 64

async function validate(
  schema: StandardSchema,
  columns: readonly Column[],
  batch: Batch,
  from: number,
  to: number,
  faults: Faults,
): Promise<void> {
  const { validate: check } = schema['~standard']
  for (let first = from; first < to; first += validationWidth) {
    const width = Math.min(validationWidth, to - first)
    const asked = Array.from({ length: width }, (_, i) =>
      check(only(batch.row(first + i), columns)),
    )
    const answers = asked.some(answer => answer instanceof Promise)
      ? await Promise.all(asked.map(answer => Promise.resolve(answer)))
      : (asked as SchemaAnswer[])
    for (const [i, answer] of answers.entries()) {
      const { issues } = checkedAnswer(answer)
      if (issues !== undefined) faults.add(batch.index(first + i), issues.map(issueText).join('; '))
    }
  }
}

function checkedAnswer(answer: unknown): SchemaAnswer {
  if (typeof answer === 'object' && answer !== null) return answer
  throw new TypeError(`it answered ${typeof answer}, not { value } or { issues }`)
}

function only(row: Row, columns: readonly Column[]): Row {
  const chosen = Object.create(null) as Record<string, unknown>
  for (const { name } of columns) chosen[name] = row[name]
  return chosen as Row
}

const shownFaults = 20

/** What a schema found wrong, the first of it in full. */
class Faults {
  readonly #table: Table
  readonly #lines: string[] = []
  #count = 0

  constructor(table: Table) {
    this.#table = table
  }

  add(index: number, text: string): void {
    this.#count += 1
    if (this.#lines.length < shownFaults) this.#lines.push(`  row ${index + 1}: ${text}`)
  }

  throwAny(): void {
    if (this.#count === 0) return
    const rest = this.#count - this.#lines.length
    const rows = this.#count === 1 ? '1 row is' : `${this.#count} rows are`
    const more = rest === 0 ? '' : `\n  and ${rest} more`
    throw new TaskqError(
      'invalid',
      `${this.#table.name}: ${rows} not as the schema in task.ts has it; nothing was inserted. Mend the table or the schema.\n${this.#lines.join('\n')}${more}`,
    )
  }
}

function tooLarge(
  table: Table,
  index: number,
  bytes: number,
  url: string,
  most: number,
): TaskqError {
  return new TaskqError(
    'invalid',
    `${table.name}, row ${index + 1}: it makes a task of ${bytes} bytes, and ${url} takes at most ${most}; nothing was inserted. Put the large part in a file and pass its path, or leave its column out with --columns.`,
  )
}
