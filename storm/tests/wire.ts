import { setTimeout as sleep } from 'node:timers/promises'
import { type Fate, pass } from '../../test/support/fault-proxy.ts'
import { refuseWithoutWire, workUnder } from '../faulty-wire.ts'
import type { StormTest } from '../storm.ts'

/** Connections that are cut before the service hears of a request, by their share. */
const cuts = 0.1
/** From now and then a request on nothing is answered for so long, and then cut. */
const silence = { share: 0.005, seconds: 1.5 }

export const wire: StormTest = {
  name: 'wire',
  promise: 'connections that are cut, or silent and then cut, lose nothing',
  load: 'light',
  refuses: refuseWithoutWire,
  async run(storm) {
    const { chance, isLong } = storm
    let silentUntil = 0
    let isOpenEnded = isLong
    return await workUnder(storm, async (): Promise<Fate> => {
      const wait = silentUntil - performance.now()
      if (wait > 0) {
        await sleep(wait)
        return { kind: 'cut' }
      }
      const number = chance.next()
      if (number < silence.share) {
        silentUntil = performance.now() + silence.seconds * 1000
        // Nobody ever says that it was cut: the client itself must give up, which takes its time.
        if (isOpenEnded) {
          isOpenEnded = false
          return { kind: 'hang' }
        }
        return { kind: 'cut' }
      }
      return number < silence.share + cuts ? { kind: 'cut' } : pass
    })
  },
}
