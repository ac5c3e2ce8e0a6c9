import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Driver, DriverModule } from '../../src/runtime/queue/driver.ts'
import { openDriver } from '../../src/runtime/queue/open.ts'
import type { Candidate, ConformanceTest } from '../../src/runtime/testing/index.ts'
import { conformanceTests, ManualClock } from '../../src/runtime/testing/index.ts'
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

/** The tests of a promise or capability that a driver does not have. */
export function needing(what: NonNullable<ConformanceTest['needs']>): readonly string[] {
  return conformanceTests.filter(({ needs }) => needs === what).map(({ name }) => name)
}

/** The drivers that are unique and fenced and keep tasks and results, so that the model holds for them. */
export const wholeCandidates: readonly Candidate[] = [
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
  {
    name: 'fq:',
    async open() {
      const folder = await mkdtemp(join(tmpdir(), 'taskq-'))
      return await bench(`fq://${folder}/queue`, () => rm(folder, { recursive: true }))
    },
    refuses: [
      {
        reason: 'a folder has no order, and Python takes what it comes upon',
        tests: [
          'messages are leased by priority and then in the order inserted',
          'a priority comes back with the lease',
          'a released message and one whose lease ended keep their places in line',
        ],
      },
      {
        reason: 'Python reads the names of files, which hold whole seconds',
        tests: ['a delay shorter than a second is kept'],
      },
      { reason: 'a folder of tasks holds nothing else', tests: needing('notes') },
    ],
  },
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
