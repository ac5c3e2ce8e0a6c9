import { fitted, type Shell, safeLines } from 'taskq-runtime/cli'
import type { Teller } from '../gke/wait.ts'
import { say } from './wrap.ts'

/** Tells people on standard error: lines that stay, and one that is drawn over where that is possible. */
export function tellerOf({ err, clock }: Shell): Teller & { readonly end: () => Promise<void> } {
  let isDrawn = false
  let due = clock.monotonic() + PIPE_MILLISECONDS
  const clear = async () => {
    if (isDrawn) await err.write('\r\u001b[K')
    isDrawn = false
  }
  return {
    async line(text) {
      await clear()
      await say(err, safeLines(text))
    },
    async waiting(text) {
      if (err.isLive) {
        await err.write(`\r\u001b[K${fitted(safeLines(text), err.columns - 1)}`)
        isDrawn = true
      } else if (clock.monotonic() >= due) {
        due = clock.monotonic() + PIPE_MILLISECONDS
        await err.line(safeLines(text))
      }
    },
    end: clear,
  }
}

/** How often a pipe is told that something is still being waited for. */
const PIPE_MILLISECONDS = 30_000
