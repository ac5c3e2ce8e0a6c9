import type { TaskState, TaskView } from '../../queue/driver.ts'
import { pagesOf } from '../../queue/pages.ts'
import type { Queue } from '../../queue/queue.ts'
import { countText, durationText } from '../../terminal/amounts.ts'
import type { Output } from '../../terminal/output.ts'
import { jsonLine, safe } from '../../terminal/safe.ts'
import { fitted, padded, widthOf } from '../../terminal/width.ts'
import type { Run } from '../catalogue.ts'
import { forMachines, paramsText } from '../view.ts'

const usualLimit = 100

/** `taskq list`: a line a task, as they come from the store. */
export const run: Run = async ({ out, err, signal }, queue, { flags }) => {
  const limit = flags.limit ?? (flags.json ? Number.POSITIVE_INFINITY : usualLimit)
  const request = { signal, limit, ...(flags.state !== undefined && { states: flags.state }) }
  let shown = 0
  let layout: Layout | undefined
  for await (const page of pagesOf(queue, request)) {
    if (layout === undefined && !flags.json) {
      layout = layoutOf(page, out)
      await out.line(out.style('bold', headLine(layout)))
    }
    const text = page.map(view =>
      layout === undefined
        ? jsonLine(forMachines(queue, view))
        : taskLine(layout, view, paramsText(queue, view)),
    )
    if (!(await out.write(`${text.join('\n')}\n`))) return 'done'
    shown += page.length
  }
  if (!flags.json) await tellRest(queue, err, { shown, limit, states: flags.state })
  return 'done'
}

/** Columns of the id and of the whole line; a line has no end where no person looks. */
interface Layout {
  readonly idColumns: number
  readonly columns: number
}

function layoutOf(page: readonly TaskView[], out: Output): Layout {
  const widest = Math.max(...page.map(({ id }) => widthOf(safe(id))), 2)
  const columns = out.isTerminal ? out.columns : Number.POSITIVE_INFINITY
  return { idColumns: Math.min(widest, 36), columns }
}

function headLine({ idColumns, columns }: Layout): string {
  const line = `${'STATE'.padEnd(9)}${'ATTEMPTS'.padEnd(10)}${padded('ID', idColumns)}  NOTE`
  return fitted(line, columns)
}

function taskLine({ idColumns, columns }: Layout, view: TaskView, params: string): string {
  const id = safe(view.id)
  const shownId = columns === Number.POSITIVE_INFINITY ? id : fitted(id, idColumns)
  const start = `${view.state.padEnd(9)}${String(view.attempts).padEnd(10)}${padded(shownId, idColumns)}`
  return fitted(`${start}  ${noteOf(view, params)}`.trimEnd(), columns)
}

/** What a person asks next of a task in this state. */
function noteOf({ state, worker, secondsLeft = 0, reason = '' }: TaskView, params: string): string {
  switch (state) {
    case 'leased':
      return `${durationText(secondsLeft)} left, by ${safe(worker ?? 'an unknown worker')}`
    case 'delayed':
      return `ready in ${durationText(secondsLeft)}, ${params}`
    case 'dead':
      return safe(reason)
    default:
      return params
  }
}

interface Rest {
  readonly shown: number
  readonly limit: number
  readonly states: readonly TaskState[] | undefined
}

/** Says on the side that there is nothing, or more than was shown. */
async function tellRest(queue: Queue, err: Output, { shown, limit, states }: Rest): Promise<void> {
  if (shown === 0) {
    const kind = states === undefined ? '' : `${states.join(' or ')} `
    await err.line(`There are no ${kind}tasks in ${safe(queue.url)}.`)
  } else if (shown >= limit) {
    const total = await countOf(queue, states)
    if (total !== undefined && total > shown)
      await err.line(`${countText(shown)} of ${countText(total)}. For more: --limit all`)
  }
}

async function countOf(
  queue: Queue,
  states: readonly TaskState[] | undefined,
): Promise<number | undefined> {
  const counts = await queue.counts()
  const asked =
    states === undefined ? Object.values(counts) : [...new Set(states)].map(s => counts[s])
  let total = 0
  for (const count of asked as readonly (number | undefined)[]) {
    if (count === undefined) return undefined
    total += count
  }
  return total
}
