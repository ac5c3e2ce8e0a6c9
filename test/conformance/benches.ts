import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Driver, DriverModule } from '../../src/runtime/queue/driver.ts'
import { openDriver } from '../../src/runtime/queue/open.ts'
import type { Candidate } from '../../src/runtime/testing/index.ts'
import { ManualClock } from '../../src/runtime/testing/index.ts'
import { turnOfTheLoop } from '../support/turns.ts'

/** The embedded queue, each bench in a folder of its own. */
export function sqliteCandidate(drivers: readonly DriverModule[] = []): Candidate {
  return {
    name: 'sqlite:',
    async open() {
      const folder = await mkdtemp(join(tmpdir(), 'taskq-'))
      const clean = () => rm(folder, { recursive: true })
      return await bench(`sqlite:${folder}/queue.db`, clean, drivers)
    },
  }
}

/** The drivers of this package, each with what it refuses and why. */
export const candidates: readonly Candidate[] = [
  {
    name: 'memory:',
    open: () => bench(`memory:${crypto.randomUUID()}`, async () => {}),
    refuses: [
      {
        reason: 'a memory queue ends with its process',
        tests: ['what was inserted, leased and done is there for the next who opens the queue'],
      },
    ],
  },
  sqliteCandidate(),
]

async function bench(
  url: string,
  clean: () => Promise<void>,
  drivers: readonly DriverModule[] = [],
) {
  const clock = new ManualClock()
  const opened: Driver[] = []
  const another = async () => {
    const driver = await openDriver(url, { clock, drivers })
    opened.push(driver)
    return driver
  }
  return {
    driver: await another(),
    another,
    clock,
    async pass(seconds: number) {
      await turnOfTheLoop()
      clock.advance(seconds)
      await turnOfTheLoop()
    },
    async dispose() {
      for (const driver of opened) await driver.close()
      await clean()
    },
  }
}
