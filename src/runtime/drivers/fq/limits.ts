import type { Limits } from '../../queue/driver.ts'

/** The largest file that is read: a body may grow to six times its size when it is written as text. */
export const fileBytes = 128 * 2 ** 20

/** What a queue of files bears: one call should not keep a process busy for long. */
export const limits: Limits = {
  batch: 1000,
  batchBytes: 64 * 2 ** 20,
  bodyBytes: 16 * 2 ** 20,
  leaseSeconds: 43_200,
  heldSeconds: undefined,
  delaySeconds: 366 * 86_400,
  waitSeconds: 3600,
  settleSeconds: 0,
}
