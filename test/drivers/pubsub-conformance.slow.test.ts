import { afterAll, describe, it } from 'vitest'
import {
  type ConformanceTest,
  conformanceTests,
  runSuite,
} from '../../src/runtime/testing/index.ts'
import { pubsubCandidate } from '../support/pubsub/bench.ts'
import { findEmulator, startEmulator } from '../support/pubsub/emulator.ts'

const refuses = [
  {
    reason: 'Pub/Sub fences only where it delivers exactly once',
    tests: needing('fenced'),
  },
  { reason: 'Pub/Sub remembers no ids', tests: needing('unique') },
  { reason: 'Pub/Sub has no priorities', tests: needing('ordered') },
  { reason: 'Pub/Sub shows no single messages', tests: needing('tasks') },
  { reason: 'results lie in a topic beside the tasks', tests: needing('results') },
  { reason: 'Pub/Sub keeps nothing but messages', tests: needing('notes') },
  {
    reason: 'Pub/Sub counts deadlines in whole seconds',
    tests: ['a delay shorter than a second is kept'],
  },
  {
    reason: 'attempts travel with a message that goes back, not with one whose lease ends',
    tests: ['attempts handed back with a lease are remembered'],
  },
]

const found = await findEmulator()
if (found.kind === 'missing')
  describe('Pub/Sub emulator', () => {
    it.skip(`puts pubsub: to every test of the suite (${found.reason})`)
  })
else {
  const emulator = await startEmulator(found.jar, 'manual')
  process.env['PUBSUB_EMULATOR_HOST'] = emulator.host
  afterAll(() => emulator.stop())
  describe('Pub/Sub emulator', () => {
    runSuite({ describe, it }, conformanceTests, pubsubCandidate(emulator, '', refuses))
    const fencing = conformanceTests.filter(({ needs }) => needs === 'fenced')
    runSuite({ describe, it }, fencing, pubsubCandidate(emulator, '?exactlyOnce=true'))
  })
}

function needing(what: ConformanceTest['needs']): readonly string[] {
  return conformanceTests.filter(({ needs }) => needs === what).map(({ name }) => name)
}
