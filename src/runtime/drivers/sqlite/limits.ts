import type { Limits } from '../../queue/driver.ts'

/** What one file bears: SQLite could do more, a call that blocks the others should not. */
export const limits: Limits = {
  batch: 10_000,
  batchBytes: 64 * 2 ** 20,
  bodyBytes: 64 * 2 ** 20,
  leaseSeconds: 43_200,
  heldSeconds: undefined,
  delaySeconds: 366 * 86_400,
  waitSeconds: 3_600,
  settleSeconds: 0,
}
