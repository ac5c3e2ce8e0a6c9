import type { InsertAnswer, Message } from '../../queue/driver.ts'
import { type HotStatements, tasksAtOnce } from './statements.ts'
import { tally, until } from './verbs.ts'

/** Adds messages; `now` is queue time in milliseconds. */
export function insert(
  hot: HotStatements,
  messages: readonly Message[],
  now: number,
): readonly InsertAnswer[] {
  const before = Number(hot.lastTask.get()?.['seq'] ?? 0)
  const added = addTasks(hot, messages)
  const answers = added === messages.length ? undefined : whichAreNew(hot, messages, before)
  let delayed = 0
  if (messages.every(({ headers }) => (headers?.delaySeconds ?? 0) === 0)) hot.lineUpNew.run(before)
  else {
    const fresh = messages.filter((_, at) => answers?.[at] !== 'present')
    delayed = lineUpOneByOne(hot, fresh, before, now)
  }
  tally(hot, { ready: added - delayed, delayed })
  hot.noteBody.run(messages.reduce((most, { body }) => Math.max(most, Buffer.byteLength(body)), 0))
  return answers ?? messages.map(() => 'new')
}

function addTasks(hot: HotStatements, messages: readonly Message[]): number {
  let added = 0
  let at = 0
  const values = new Array<string | number>(tasksAtOnce * 3)
  for (; at + tasksAtOnce <= messages.length; at += tasksAtOnce) {
    for (let i = 0; i < tasksAtOnce; i += 1) {
      const { id, body, headers } = messages[at + i] as Message
      values[i * 3] = id
      values[i * 3 + 1] = body
      values[i * 3 + 2] = headers?.priority ?? 0
    }
    added += Number(hot.addTasks.run(...values).changes)
  }
  for (const message of messages.slice(at))
    added += Number(hot.addTask.run(...valuesOf(message)).changes)
  return added
}

const valuesOf = ({ id, body, headers }: Message) => [id, body, headers?.priority ?? 0]

/** An id named twice is new once. */
function whichAreNew(
  hot: HotStatements,
  messages: readonly Message[],
  before: number,
): readonly InsertAnswer[] {
  const ids = new Set(hot.newIds.all(before).map(({ id }) => id))
  return messages.map(({ id }) => (ids.delete(id) ? 'new' : 'present'))
}

/** New tasks have the numbers after `before`, in their order; says how many were delayed. */
function lineUpOneByOne(
  hot: HotStatements,
  added: readonly Message[],
  before: number,
  now: number,
): number {
  let delayed = 0
  added.forEach(({ headers = {} }, at) => {
    const { priority = 0, delaySeconds = 0 } = headers
    const seq = before + 1 + at
    if (delaySeconds > 0) {
      delayed += 1
      hot.delay.run(seq, until(now, delaySeconds), 0, 0)
    } else hot.lineUp.run(-priority, seq, 0, 0)
  })
  return delayed
}
