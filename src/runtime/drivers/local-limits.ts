import type { Limits } from '../queue/driver.ts'

/** What a queue of this machine bears: the stores could do more, a call that blocks others should not. */
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
