import type { TaskView } from '../../queue/driver.ts'
import { isTaskqError } from '../../queue/errors.ts'
import { writeJson } from '../../queue/json.ts'
import type { Queue } from '../../queue/queue.ts'
import type { Progress } from '../progress.ts'
import type { Shell } from '../shell.ts'
import { type Carried, type Loss, losses, type Traveller } from './carry.ts'
import { type MovingJournal, markOf } from './journal.ts'

/** What cp and mv work with. */
export interface Moving {
  readonly from: Queue
  readonly to: Queue
  readonly carry: (task: Traveller) => Carried
  /** Where the destination does not keep ids apart. */
  readonly journal?: MovingJournal | undefined
  readonly tally: Tally
  readonly progress: Progress
  readonly shell: Shell
}

/** What became of the tasks so far. */
export interface Tally {
  inserted: number
  /** Were at the destination already. */
  present: number
  /** Were sent again after a batch was cut off: they may be at the destination twice. */
  doubtful: number
  /** Tasks that the destination cannot have; they stay where they are. */
  refused: number
  /** The first of these. */
  readonly refusals: { readonly id: string; readonly why: string }[]
  readonly lost: Record<Loss, number>
  /** Dead tasks that a person had cancelled: nobody wants them run. */
  cancelled: number
  /** Removed at the source. */
  removed: number
  /** At the destination, and with somebody at the source who took them meanwhile. */
  both: number
}

/** How many tasks that cannot be carried are told one by one. */
const refusalsTold = 100

/** Nothing done yet. */
export function emptyTally(): Tally {
  const lost = Object.fromEntries(losses.map(loss => [loss, 0])) as Record<Loss, number>
  const none = { inserted: 0, present: 0, doubtful: 0, refused: 0, cancelled: 0 }
  return { ...none, refusals: [], lost, removed: 0, both: 0 }
}

/** How many tasks go at a time: few where a batch that is cut off may be there twice. */
export function batchOf({ from, to }: Pick<Moving, 'from' | 'to'>): number {
  return Math.min(from.driver.limits.batch, to.driver.traits.unique ? 1000 : 200)
}

/** Brings tasks to the destination; answers the ids of those that are there now. */
export async function deliver(
  moving: Moving,
  tasks: readonly Traveller[],
): Promise<ReadonlySet<string>> {
  const { to, journal, tally, progress } = moving
  const { arrived, ready, marks } = sift(moving, tasks)
  if (ready.size > 0) {
    tally.doubtful += marks.filter(mark => journal?.doubtful.has(mark)).length
    const messages = [...ready.values()].map(({ message }) => message)
    await journal?.begin(marks)
    const { inserted, present } = await to.insertMessages(messages)
    await journal?.end()
    tally.inserted += inserted
    const others = present === 0 ? new Set<string>() : await othersAmong(to, ready)
    tally.present += present - others.size
    for (const [id, { lost }] of ready) {
      if (others.has(id)) refuse(tally, id, 'another task of this id is there already')
      else {
        arrived.add(id)
        for (const loss of lost) tally.lost[loss] += 1
      }
    }
  }
  await progress.tell(tally.inserted + tally.present)
  return arrived
}

/** Tasks that are to be sent, and those that the journal knows to be there. */
interface Sifted {
  readonly arrived: Set<string>
  readonly ready: Map<string, Exclude<Carried, { refused: string }>>
  /** What the journal knows those by that are ready. */
  readonly marks: string[]
}

/** Leaves out what is there already or cannot be carried. */
function sift({ carry, journal, tally }: Moving, tasks: readonly Traveller[]): Sifted {
  const sifted: Sifted = { arrived: new Set(), ready: new Map(), marks: [] }
  const { arrived, ready, marks } = sifted
  for (const task of tasks) {
    const { id } = task
    const mark = journal === undefined ? '' : markOf(task)
    if (journal?.sent.has(mark)) {
      if (!arrived.has(id)) tally.present += 1
      arrived.add(id)
      continue
    }
    const carried = carry(task)
    const twin = ready.get(id)
    if ('refused' in carried) refuse(tally, id, carried.refused)
    // A store that hands tasks out again may do so within one call.
    else if (twin === undefined) {
      ready.set(id, carried)
      marks.push(mark)
    } else if (twin.message.body !== carried.message.body)
      refuse(tally, id, 'another task of this id goes there')
  }
  return sifted
}

function refuse(tally: Tally, id: string, why: string): void {
  tally.refused += 1
  if (tally.refusals.length < refusalsTold) tally.refusals.push({ id, why })
}

/** Ids under which the destination has another task than the one that was to go there. */
async function othersAmong(
  to: Queue,
  ready: ReadonlyMap<string, { readonly message: { readonly body: string } }>,
): Promise<ReadonlySet<string>> {
  if (to.driver.tasks === undefined) return new Set()
  const views = await to.tasks.get([...ready.keys()])
  return new Set(
    views
      .filter(view => !isSame(to, view, ready.get(view.id)?.message.body ?? ''))
      .map(({ id }) => id),
  )
}

/** The same parameters are the same task, whoever wrote the rest of the body. */
function isSame(to: Queue, { id, body: there }: TaskView, body: string): boolean {
  if (there === body) return true
  try {
    const paramsOf = (text: string) => writeJson(to.decode({ id, body: text }).params)
    return paramsOf(there) === paramsOf(body)
  } catch (error) {
    if (isTaskqError(error, 'invalid')) return false
    throw error
  }
}
