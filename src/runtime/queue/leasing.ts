import { checkLease } from './checks.ts'
import type { Clock, Driver, Lease, LeaseRequest } from './driver.ts'

/** Between two looks at a store that cannot wait as long as it is asked to. */
const pollMilliseconds = 200

/**
 * Asks the driver in pieces it can bear, and waits only while it holds nothing: what is held already
 * is never put at risk, neither by an abort nor by a store that fails on the next piece.
 */
export async function leaseAll(
  driver: Driver,
  request: LeaseRequest,
  clock: Clock,
): Promise<readonly Lease[]> {
  const { limits } = driver
  checkLease(request, limits)
  const giveUpAt = clock.monotonic() + (request.waitSeconds ?? 0) * 1000
  for (;;) {
    const left = Math.max(0, giveUpAt - clock.monotonic())
    const waitSeconds = Math.min(left / 1000, limits.waitSeconds)
    const max = Math.min(request.max, limits.batch)
    const first = await driver.lease({ ...request, max, waitSeconds })
    if (first.length > 0) return await leaseMore(driver, request, first)
    const rest = giveUpAt - clock.monotonic()
    if (rest <= 0) return []
    await clock.sleep(Math.min(rest, pollMilliseconds), request.signal)
  }
}

/** Goes on while the driver gives all it is asked for. */
async function leaseMore(
  driver: Driver,
  request: LeaseRequest,
  first: readonly Lease[],
): Promise<readonly Lease[]> {
  const leases = [...first]
  let asked = driver.limits.batch
  let given = first.length
  while (leases.length < request.max && given === asked) {
    asked = Math.min(request.max - leases.length, driver.limits.batch)
    try {
      const some = await driver.lease({ ...request, max: asked, waitSeconds: 0 })
      given = some.length
      for (const lease of some) leases.push(lease)
    } catch {
      // What is held must reach the caller; a fault that lasts comes back on the next call.
      break
    }
  }
  return leases
}
