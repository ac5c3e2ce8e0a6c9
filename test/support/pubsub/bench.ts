import { subscribe } from 'node:diagnostics_channel'
import type { Driver } from '../../../src/runtime/queue/driver.ts'
import { openDriver } from '../../../src/runtime/queue/open.ts'
import { type Candidate, ManualClock } from '../../../src/runtime/testing/index.ts'
import { turnOfTheLoop } from '../turns.ts'
import type { Emulator } from './emulator.ts'

let underWay = 0
let ended = 0
subscribe('undici:request:create', () => {
  underWay += 1
})
for (const end of ['trailers', 'error'])
  subscribe(`undici:request:${end}`, () => {
    underWay -= 1
    ended += 1
  })

/** A queue of its own for each bench, on an emulator whose clock is moved with the driver's. */
export function pubsubCandidate(
  { setTime }: Pick<Emulator, 'setTime'>,
  options = '',
  refuses: NonNullable<Candidate['refuses']> = [],
): Candidate {
  return {
    name: `pubsub:${options}`,
    refuses,
    async open() {
      const clock = new ManualClock()
      // The emulator dates messages by the machine's own clock: ours must not be behind it.
      clock.jump((Date.now() - clock.now()) / 1000 + 3600)
      await setTime(clock.now())
      const url = `pubsub://taskq-test/q-${crypto.randomUUID()}${options}`
      const opened: Driver[] = []
      const another = async () => {
        const driver = await openDriver(url, { clock, create: opened.length === 0 })
        opened.push(driver)
        return driver
      }
      return {
        driver: await another(),
        another,
        async pass(seconds) {
          await quiet()
          clock.advance(seconds)
          await setTime(clock.now())
          await quiet()
        },
        async dispose() {
          for (const driver of opened) await driver.close()
        },
      }
    },
  }
}

/** Resolves once every call has been answered and what follows from the answers has been done. */
async function quiet(): Promise<void> {
  for (let before = -1; underWay > 0 || before !== ended; ) {
    before = ended
    for (let turn = 0; turn < 5; turn += 1) await turnOfTheLoop()
  }
}
