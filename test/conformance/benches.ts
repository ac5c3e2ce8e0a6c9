import type { Driver } from '../../src/runtime/queue/driver.ts'
import { openDriver } from '../../src/runtime/queue/open.ts'
import type { Candidate } from '../../src/runtime/testing/index.ts'
import { startSqs } from '../support/sqs-server.ts'
import { turnOfTheLoop } from '../support/turns.ts'
import { needing, wholeCandidates } from './local-benches.ts'

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

/** The drivers of this package, each with what it refuses and why. */
export const candidates: readonly Candidate[] = [
  ...wholeCandidates,
  sqsCandidate('standard'),
  sqsCandidate('fifo'),
]
