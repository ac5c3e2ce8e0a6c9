import type { Message, TaskDesk, TaskView } from '../queue/driver.ts'
import type { Queue } from '../queue/queue.ts'
import { refuseChanged, type Sameness } from './change.ts'
import type { Journal } from './journal.ts'

/** How many tasks of a batch are looked at before it is inserted, to notice a changed table. */
const looks = 10

/** Bodies gathered for one call, in characters. */
const gatheredCharacters = 32 * 2 ** 20

/** Finished tasks that are fetched at a time before they are removed: their bodies come with them. */
const fetchedAtOnce = 1000

/** What a sender has to know of the tasks that it is given. */
export interface Sending {
  /** Whether finished and dead tasks are removed and inserted anew. */
  readonly again: boolean
  readonly sameness: Sameness
  readonly journal?: Journal | undefined
}

/**
 * Gathers tasks and inserts them a batch at a time. Where most are there already, asking for their
 * ids costs a fifth of inserting and spares the making of bodies.
 */
export class Sender {
  readonly #queue: Queue
  readonly #desk: TaskDesk | undefined
  readonly #sending: Sending
  #messages: Message[] = []
  #rows: number[] = []
  #characters = 0
  #inserted = 0
  #present = 0
  #mostlyPresent = false

  constructor(queue: Queue, sending: Sending) {
    this.#queue = queue
    this.#desk = queue.driver.tasks === undefined ? undefined : queue.tasks
    this.#sending = sending
  }

  get counts(): { readonly inserted: number; readonly present: number } {
    return { inserted: this.#inserted, present: this.#present }
  }

  /** Whether it is worth asking which ids are there before their bodies are made. */
  get skips(): boolean {
    return this.#mostlyPresent && !this.#sending.again && this.#desk !== undefined
  }

  /** Takes the tasks of these rows; answers whether a batch was sent. */
  async add(messages: readonly Message[], rows: readonly number[]): Promise<boolean> {
    let sent = false
    const { batch } = this.#queue.driver.limits
    for (const [at, message] of messages.entries()) {
      this.#messages.push(message)
      this.#rows.push(rows[at] as number)
      this.#characters += message.body.length
      if (this.#messages.length < batch && this.#characters < gatheredCharacters) continue
      await this.flush()
      sent = true
    }
    return sent
  }

  /** Sends what was gathered. */
  async flush(): Promise<void> {
    const messages = this.#messages
    const rows = this.#rows
    this.#messages = []
    this.#rows = []
    this.#characters = 0
    if (messages.length === 0) return
    if (this.#desk !== undefined) {
      await this.#look(this.#desk, messages)
      if (this.#sending.again) await removeFinished(this.#desk, messages)
    }
    const { journal, again } = this.#sending
    await journal?.begin(rows)
    const wanted = again ? messages.map(each => ({ ...each, again })) : messages
    const { inserted, present } = await this.#queue.insertMessages(wanted)
    await journal?.end()
    this.#inserted += inserted
    this.#present += present
    this.#mostlyPresent = present > messages.length / 2
  }

  /** Places of the ids that are not there; `make` makes the task of one that is, to be compared. */
  async missing(
    ids: readonly string[],
    make: (place: number) => Message | undefined,
  ): Promise<number[]> {
    if (this.#desk === undefined) return ids.map((_, at) => at)
    const known = await this.#desk.has(ids)
    const missing: number[] = []
    for (let at = 0; at < ids.length; at++) if (known[at] !== true) missing.push(at)
    const first = known.indexOf(true)
    const message = first < 0 ? undefined : make(first)
    if (message !== undefined) await this.#look(this.#desk, [message])
    this.#present += ids.length - missing.length
    this.#mostlyPresent = missing.length < ids.length / 2
    return missing
  }

  /** Compares some tasks with what is there under their ids. */
  async #look(desk: TaskDesk, messages: readonly Message[]): Promise<void> {
    const { again, sameness } = this.#sending
    const sample = new Map(spread(messages).map(message => [message.id, message]))
    const views = await desk.get([...sample.keys()])
    const twins = views.flatMap(there => {
      const now = sample.get(there.id)
      return now === undefined || (again && isFinished(there)) ? [] : [{ now, there }]
    })
    refuseChanged(twins, sameness)
  }
}

/** The first, the last and some between. */
function spread<Item>(items: readonly Item[]): readonly Item[] {
  if (items.length <= looks) return items
  return Array.from({ length: looks }, (_, i) => {
    const place = Math.round((i * (items.length - 1)) / (looks - 1))
    return items[place] as Item
  })
}

async function removeFinished(desk: TaskDesk, messages: readonly Message[]): Promise<void> {
  const ids = messages.map(({ id }) => id)
  const known = await desk.has(ids)
  const there = ids.filter((_, at) => known[at])
  for (let from = 0; from < there.length; from += fetchedAtOnce) {
    const views = await desk.get(there.slice(from, from + fetchedAtOnce))
    await desk.remove(views.filter(isFinished).map(({ id }) => id))
  }
}

const isFinished = ({ state }: TaskView) => state === 'done' || state === 'dead'
