import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Driver, DriverModule } from '../../src/runtime/queue/driver.ts'
import { openDriver } from '../../src/runtime/queue/open.ts'
import type { Candidate, ConformanceTest } from '../../src/runtime/testing/index.ts'
import { conformanceTests, ManualClock } from '../../src/runtime/testing/index.ts'
import { startSqs } from '../support/sqs-server.ts'
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
function needing(what: NonNullable<ConformanceTest['needs']>): readonly string[] {
  return conformanceTests.filter(({ needs }) => needs === what).map(({ name }) => name)
}

const delayedTest = 'a delayed message is leased when its time has come and not before'

/** Queues of a server that speaks the protocol of SQS, each bench with a server of its own. */
export function sqsCandidate(kind: 'standard' | 'fifo'): Candidate {
  return {
    name: kind === 'fifo' ? 'sqs: (FIFO)' : 'sqs:',
    async open() {
      const server = await startSqs()
      const url = server.queue(kind === 'fifo' ? 'bench.fifo' : 'bench')
      const opened: Driver[] = []
      const another = async () => {
        const driver = await openDriver(url, { clock: server.clock })
        opened.push(driver)
        return driver
      }
      return {
        driver: await another(),
        another,
        async pass(seconds: number) {
          await turnOfTheLoop()
          server.pass(seconds)
          await turnOfTheLoop()
        },
        async dispose() {
          for (const driver of opened) await driver.close()
          await server.stop()
        },
      }
    },
    refuses: [
      {
        reason: 'SQS may accept a receipt handle that is no longer the newest',
        tests: needing('fenced'),
      },
      { reason: 'SQS keeps no ids', tests: needing('unique') },
      { reason: 'SQS hands messages out in an order of its own', tests: needing('ordered') },
      { reason: 'SQS shows no single messages', tests: needing('tasks') },
      { reason: 'SQS keeps no outcomes; they go to a queue beside it', tests: needing('results') },
      { reason: 'SQS keeps nothing but messages', tests: needing('notes') },
      { reason: 'SQS knows whole seconds', tests: ['a delay shorter than a second is kept'] },
      {
        reason:
          'a message cannot be changed: attempts are told by the copy that a release sends, not by extend',
        tests: ['attempts handed back with a lease are remembered'],
      },
      {
        reason:
          'a FIFO queue cannot delay one message: seen too early it is hidden for whole seconds',
        tests: kind === 'fifo' ? [delayedTest] : [],
      },
    ],
  }
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

/** The drivers of this package, each with what it refuses and why. */
export const candidates: readonly Candidate[] = [
  ...wholeCandidates,
  sqsCandidate('standard'),
  sqsCandidate('fifo'),
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
