import { pause, type SpotNotice } from './spot-source.ts'

/** A machine that is taken away, for trying out what a fleet does then. */
export interface SpotSimulation {
  /** When the notice comes. */
  readonly afterSeconds: number
  /** From the notice until the process is killed, as if the machine were gone. */
  readonly delaySeconds: number
}

/** Resolves with a notice when its time has come; kills this process when it has not ended by then. */
export async function simulateSpot(
  { afterSeconds, delaySeconds }: SpotSimulation,
  signal: AbortSignal,
): Promise<SpotNotice | undefined> {
  try {
    await pause(afterSeconds * 1000, signal)
  } catch {
    // The worker has ended before.
    return undefined
  }
  pause(delaySeconds * 1000, signal).then(
    () => process.kill(process.pid, 'SIGKILL'),
    () => {},
  )
  return { source: 'simulated', secondsLeft: delaySeconds }
}
