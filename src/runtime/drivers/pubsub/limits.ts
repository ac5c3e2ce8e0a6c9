import type { Limits } from '../../queue/driver.ts'

/** What Pub/Sub bears: https://cloud.google.com/pubsub/quotas#resource_limits */
export const limits: Limits = {
  /** Messages in a publish request. As many lease names of 200 bytes are well below the 512 KiB of a call. */
  batch: 1000,
  // A request has at most 10,000,000 bytes, and base64 makes four bytes of three.
  batchBytes: 6.5 * 2 ** 20,
  bodyBytes: 7 * 2 ** 20,
  leaseSeconds: 600,
  heldSeconds: undefined,
  // Of our own making: a task that has to wait is put aside again and again.
  delaySeconds: 86_400,
  waitSeconds: 3_600,
  settleSeconds: 0,
}
