import { setTimeout as sleep } from 'node:timers/promises'

const longestSeconds = 20

/** Waits before try number `failures + 1`: 0.2 s, 0.4 s ... each shortened at random by up to half. */
export async function waitSeconds(
  failures: number,
  random: () => number,
  signal?: AbortSignal,
): Promise<void> {
  const whole = Math.min(longestSeconds, 0.1 * 2 ** failures)
  await sleep(whole * (1 - random() / 2) * 1000, undefined, signal === undefined ? {} : { signal })
}
