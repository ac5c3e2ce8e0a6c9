import { pass } from '../../test/support/fault-proxy.ts'
import { refuseWithoutWire, workUnder } from '../faulty-wire.ts'
import type { StormTest } from '../storm.ts'

/** Requests that the service acts on and whose answer is lost, by their share. */
const lost = 0.2

export const replies: StormTest = {
  name: 'replies',
  promise: 'answers that are lost after the service acted lose no task and spoil no result',
  load: 'light',
  refuses: refuseWithoutWire,
  async run(storm) {
    const { chance, isLong } = storm
    let pulls = 0
    return await workUnder(storm, ({ action }) => {
      // What an answer of Pub/Sub held comes back after a minute: a loss late in the work adds one to the test.
      if (action === 'pull' && !isLong && ++pulls > earlyPulls) return pass
      return chance.next() < lost ? { kind: 'cut-after' } : pass
    })
  },
}

const earlyPulls = 4
