import type { TaskView } from '../../queue/driver.ts'
import { writeJson } from '../../queue/json.ts'
import type { Queue } from '../../queue/queue.ts'
import { durationText } from '../../terminal/amounts.ts'
import { jsonLine, safe } from '../../terminal/safe.ts'
import type { Run } from '../catalogue.ts'
import { tellIds } from '../ids.ts'
import { piecesOf } from '../pieces.ts'
import { forMachines, read } from '../view.ts'

/** `taskq show`: each task with everything the store keeps of it. */
export const run: Run = async ({ out, err, signal }, queue, { ids, flags }) => {
  const absent: string[] = []
  let shown = 0
  for (const piece of piecesOf(ids)) {
    signal.throwIfAborted()
    const views = await queue.tasks.get(piece)
    const found = new Set(views.map(({ id }) => id))
    absent.push(...piece.filter(id => !found.has(id)))
    for (const view of views) {
      if (flags.json) await out.line(jsonLine(forMachines(queue, view)))
      else {
        if (shown > 0) await out.line()
        await out.line(out.style('bold', safe(view.id)))
        for (const line of linesOf(queue, view)) await out.line(`  ${line}`)
      }
      shown += 1
    }
  }
  await tellIds(err, 'Not in this queue', absent)
  return absent.length === 0 ? 'done' : 'partly'
}

function linesOf(queue: Queue, view: TaskView): readonly string[] {
  const { state, headers, attempts, deliveries, secondsLeft, worker, reason, record } = view
  const left = secondsLeft === undefined ? undefined : durationText(secondsLeft)
  return [
    ...fact('state', state),
    ...fact(state === 'delayed' ? 'ready in' : 'time left', left),
    ...fact('worker', worker),
    ...fact('reason', reason),
    ...fact('attempts', String(attempts)),
    ...fact('deliveries', deliveries === undefined ? 'unknown' : String(deliveries)),
    ...fact('priority', headers.priority === undefined ? undefined : String(headers.priority)),
    ...contentLines(queue, view),
    ...(record === undefined ? [] : block('record', record.trimEnd().split('\n'))),
  ]
}

function contentLines(queue: Queue, view: TaskView): readonly string[] {
  const content = read(queue, view)
  if ('unreadable' in content)
    return [...fact('unreadable', content.unreadable), ...block('body', view.body.split('\n'))]
  return [...block('params', members(content.params)), ...block('meta', members(content.meta))]
}

function members(object: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(object).map(([key, value]) => `${key}: ${writeJson(value)}`)
}

function fact(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [`${name.padEnd(12)}${safe(value)}`]
}

function block(name: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [name, ...lines.map(line => `  ${safe(line)}`)]
}
