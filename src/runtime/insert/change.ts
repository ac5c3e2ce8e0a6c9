import type { Codec } from '../queue/codec.ts'
import type { Message, TaskView } from '../queue/driver.ts'
import { TaskqError } from '../queue/errors.ts'
import { type JsonObject, writeJson } from '../queue/json.ts'
import type { Opened } from '../queue/opening.ts'

/** What has to be true of a task that is there already, for the row to count as inserted. */
export interface Sameness {
  readonly table: string
  readonly url: string
  /** Of the table as it is now; absent where ids come from the contents of rows. */
  readonly fingerprint?: string | undefined
  /** How the bodies of the queue are read. */
  readonly decode: Codec['decode']
}

/** A task as the table makes it now, and the one that is in the queue under its id. */
export interface Twins {
  readonly now: Message
  readonly there: TaskView
}

/**
 * Throws when one of the tasks that are there was made from another table than the one that is
 * inserted: its parameters differ, or (where the id is only a row's number) the table as a whole.
 */
export function refuseChanged(twins: readonly Twins[], sameness: Sameness): void {
  const changes = twins.map(each => changeOf(each, sameness)).filter(each => each !== undefined)
  // A row that differs explains more than a table that does.
  const worst = changes.find(({ differences }) => differences.length > 0) ?? changes[0]
  if (worst !== undefined) throw new TaskqError('invalid', explanation(worst, sameness))
}

interface Change {
  readonly twins: Twins
  readonly before: Opened | undefined
  readonly differences: readonly string[]
}

function changeOf(twins: Twins, { fingerprint, decode }: Sameness): Change | undefined {
  const before = opened(twins.there, decode)
  if (before === undefined) return { twins, before, differences: [] }
  const { params } = decode(twins.now.body)
  const sameTable = fingerprint === undefined || before.meta['fingerprint'] === fingerprint
  const differences = differencesOf(before.params, params)
  return sameTable && differences.length === 0 ? undefined : { twins, before, differences }
}

function opened({ body }: TaskView, decode: Codec['decode']): Opened | undefined {
  try {
    return decode(body)
  } catch {
    // Somebody else's body under our id is told as a difference, not as a fault.
    return undefined
  }
}

const shownDifferences = 3

function differencesOf(before: JsonObject, now: JsonObject): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])]
  return names.flatMap(name => {
    const [was, is] = [textOf(before[name]), textOf(now[name])]
    return was === is ? [] : [`${JSON.stringify(name)} was ${was} and is ${is}`]
  })
}

function textOf(value: JsonObject[string]): string {
  if (value === undefined) return 'absent'
  const text = writeJson(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

function explanation(
  { twins: { now, there }, before, differences }: Change,
  { table, url }: Sameness,
): string {
  const shown = differences.slice(0, shownDifferences).join(', ')
  const rest = differences.length - shownDifferences
  const what =
    before === undefined
      ? 'it is no task of ours'
      : differences.length === 0
        ? 'its row is the same, but the rest of the table, its columns or --key are not'
        : `of its row, ${shown}${rest > 0 ? ` and ${rest} more columns differ` : ''}`
  return [
    `${table} is not the table that task ${JSON.stringify(now.id)} of ${url} (${there.state}) was made from: ${what}. The tasks there stay as they are, and no row of this batch was inserted. What to do:`,
    '  - the file was changed by mistake: put the old one back and insert again',
    '  - this is another table: save it under another name and insert that; the tasks there run too',
    '  - it replaces the old one: run taskq purge, then insert; or, when all are finished, --again',
    '  - it grows from time to time: name its tasks from the start by columns that stay, --key COLUMN',
  ].join('\n')
}
