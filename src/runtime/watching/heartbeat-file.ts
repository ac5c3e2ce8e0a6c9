import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { TaskqError } from '../queue/errors.ts'
import type { Told } from './told.ts'
import type { Watcher } from './watcher.ts'

/** How often the file is written. */
const beatSeconds = 5

/**
 * Writes the time into a file while the worker is well, so that its age tells a liveness probe
 * whether the worker hangs.
 */
export function heartbeatFile(
  path: string,
  isWell: () => boolean,
  now: () => Date,
  tell: (told: Told) => void,
): Watcher {
  const file = resolve(path)
  // Written without a wait: a worker that cannot do that within its own turn is not well.
  const beat = () => writeFileSync(file, `${now().toISOString()}\n`)
  try {
    beat()
  } catch (cause) {
    throw new TaskqError(
      'invalid',
      `The heartbeat file ${file} cannot be written: ${String(cause)}. Name another in TQ_HEARTBEAT_FILE.`,
      { cause },
    )
  }
  let isTold = false
  return {
    tick: {
      everySeconds: beatSeconds,
      act() {
        if (!isWell()) return
        try {
          beat()
        } catch (error) {
          const what = `the heartbeat file ${file} cannot be written`
          if (!isTold) tell({ event: 'watch-trouble', what, reason: String(error) })
          isTold = true
        }
      },
    },
  }
}
