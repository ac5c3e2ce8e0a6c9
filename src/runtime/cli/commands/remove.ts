import { tasksText } from '../../terminal/amounts.ts'
import { jsonLine } from '../../terminal/safe.ts'
import type { Run } from '../catalogue.ts'
import { tellIds } from '../ids.ts'
import { piecesOf } from '../pieces.ts'

/** `taskq remove`: the named tasks are forgotten. */
export const run: Run = async ({ out, err, signal }, queue, { ids, flags }) => {
  const absent: string[] = []
  let removed = 0
  try {
    for (const piece of piecesOf(ids)) {
      signal.throwIfAborted()
      const answers = await queue.tasks.remove(piece)
      absent.push(...piece.filter((_, at) => answers[at] === 'absent'))
      removed += answers.filter(answer => answer === 'done').length
    }
  } finally {
    await (flags.json
      ? out.line(jsonLine({ removed, absent }))
      : out.line(`${tasksText(removed)} removed.`))
  }
  await tellIds(err, 'Not in this queue', absent)
  return absent.length === 0 ? 'done' : 'partly'
}
