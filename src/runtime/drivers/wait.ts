import type { Clock } from '../queue/driver.ts'

/** How long is waited, and what may end that early. */
export interface Wait {
  readonly clock: Clock
  readonly milliseconds: number
  /** Of the caller, who leaves: it rejects with the signal's reason. */
  readonly signal: AbortSignal | undefined
  /** What ends the wait early without a fault: the driver closes, or there is something to look at. */
  readonly enough: readonly AbortSignal[]
}

/** Waits between two looks at a store. */
export async function waitForMore({ clock, milliseconds, signal, enough }: Wait): Promise<void> {
  const stops = [...enough, ...(signal === undefined ? [] : [signal])]
  try {
    await clock.sleep(milliseconds, AbortSignal.any(stops))
  } catch (error) {
    signal?.throwIfAborted()
    if (!enough.some(({ aborted }) => aborted)) throw error
  }
}
