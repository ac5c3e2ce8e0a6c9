import { setTimeout as sleep } from 'node:timers/promises'
import type { KubeAnswer } from './api.ts'

/** What an answer of 429 says beside. */
export interface Busy {
  /** How long a server that has too much to do asks to be left alone. */
  readonly retrySeconds: number
}

const TRIES = 5
const LONGEST_RETRY_SECONDS = 10

/** Asks again what a server was too busy for; all that we ask for may be asked for twice. */
export async function unlessBusy(
  ask: () => Promise<KubeAnswer & Busy>,
  signal: AbortSignal,
): Promise<KubeAnswer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await ask()
    if (answer.status !== 429 || tries === TRIES) return answer
    const seconds = Math.min(answer.retrySeconds || 0, LONGEST_RETRY_SECONDS)
    await sleep(seconds * 1000, undefined, { signal })
  }
}
