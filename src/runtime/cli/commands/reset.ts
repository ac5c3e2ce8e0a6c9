import type { Run } from '../catalogue.ts'
import { run as release } from './release.ts'
import { run as rezero } from './rezero.ts'

/** `taskq reset`: leased tasks become ready, and the counters of a store that has some begin anew. */
export const run: Run = async (shell, queue, asked) => {
  const ended = await release(shell, queue, { ...asked, ids: [] })
  if (ended !== 'done' || queue.driver.counters === undefined) return ended
  return await rezero(shell, queue, asked)
}
