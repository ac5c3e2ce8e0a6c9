import { Batch } from './batches.ts'
import { checkMessage } from './checks.ts'
import type { Task } from './codec.ts'
import type { Driver, Message } from './driver.ts'
import { TaskqError } from './errors.ts'

/** What became of an insert: how many ids were new and how many were there already. */
export interface InsertSummary {
  readonly inserted: number
  readonly present: number
}

/**
 * Inserts what comes, a batch at a time. Two messages of one id in one call are refused, however far
 * apart, because only one of them could be kept: a hundred bytes a message for as long as it runs.
 */
export async function insertAll(
  driver: Driver,
  messages: Iterable<Message> | AsyncIterable<Message>,
): Promise<InsertSummary> {
  const batch = new Batch<Message>(driver.limits)
  const ids = new Set<string>()
  let inserted = 0
  let present = 0
  const send = async () => {
    const answers = await driver.insert(batch.take())
    const fresh = answers.filter(answer => answer === 'new').length
    inserted += fresh
    present += answers.length - fresh
  }
  /** Answers what to wait for before the next message, where there is anything. */
  const take = (message: Message): Promise<void> | undefined => {
    const bytes = checkMessage(message, driver.limits, driver.url)
    if (batch.isFullFor(bytes)) return send().then(() => keep(message, bytes))
    return keep(message, bytes)
  }
  const keep = (message: Message, bytes: number): undefined => {
    if (ids.has(message.id)) throw sameIdTwice(message.id, inserted + present)
    ids.add(message.id)
    batch.add(message, bytes)
  }
  // Waiting for each of many messages that are at hand takes a third of a microsecond a message.
  if (Symbol.iterator in messages) {
    for (const message of messages) {
      const sent = take(message)
      if (sent !== undefined) await sent
    }
  } else for await (const message of messages) await take(message)
  if (!batch.isEmpty) await send()
  return { inserted, present }
}

/** Tasks as messages of a wire. */
export async function* encoded(
  tasks: Iterable<Task> | AsyncIterable<Task>,
  encode: (task: Task) => string,
): AsyncGenerator<Message> {
  for await (const task of tasks) {
    const { id, priority, delaySeconds } = task
    const headers = {
      ...(priority !== undefined && { priority }),
      ...(delaySeconds !== undefined && { delaySeconds }),
    }
    yield { id, body: encode(task), headers }
  }
}

function sameIdTwice(id: string, before: number): TaskqError {
  return new TaskqError(
    'invalid',
    `Two tasks of one insert have the id "${id}"; only one of them could be kept. Make the ids differ, then insert again: the ${before} tasks handed in before this batch are in the queue and are not doubled.`,
  )
}
