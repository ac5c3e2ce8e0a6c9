import type { Clock } from '../queue/driver.ts'
import { isTaskqError } from '../queue/errors.ts'

/** By which clock is waited, and who is told. */
export interface Patience {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Told once, before the first wait. */
  readonly tell: (error: Error, seconds: number) => void
}

/** So long a store may be away when a worker starts: what ends with 69 ends a whole fleet. */
const patienceSeconds = 30
const mostWaitSeconds = 5

/** Does what needs the store; tries again for a while when that does not answer. */
export async function patiently<Answer>(
  act: () => Promise<Answer>,
  { clock, signal, tell }: Patience,
): Promise<Answer> {
  const began = clock.monotonic()
  let waitSeconds = 0.25
  for (let tries = 0; ; tries += 1) {
    try {
      return await act()
    } catch (error) {
      const left = patienceSeconds - (clock.monotonic() - began) / 1000
      if (!isTaskqError(error, 'unavailable') || left <= 0 || signal.aborted) throw error
      if (tries === 0) tell(error, patienceSeconds)
      await clock.sleep(Math.min(waitSeconds, left) * 1000, signal)
      waitSeconds = Math.min(mostWaitSeconds, waitSeconds * 2)
    }
  }
}
