import { randomUUID } from 'node:crypto'
import { pubsub as driver } from '../../src/runtime/drivers/pubsub/index.ts'
import { openQueue } from '../../src/runtime/index.ts'
import { google, startFaultProxy } from '../../test/support/fault-proxy.ts'
import { type Emulator, findEmulator, startEmulator } from '../../test/support/pubsub/emulator.ts'
import type { Kind } from '../grounds.ts'

let emulator: Promise<Emulator> | undefined

/** Google Cloud Pub/Sub: Google's own emulator, and a proxy of its own for each ground. */
export const pubsub: Kind = {
  name: 'pubsub',
  medium: 'service',
  traits: driver.usual?.traits ?? { fenced: false, unique: false },
  lateWord: 'welcome',
  share: 0.05,
  async open() {
    const found = await findEmulator()
    // No package manager that CI reaches has the SDK that the emulator comes with.
    if (found.kind === 'missing') return { reason: found.reason, inCi: 'may be missing' }
    emulator ??= startEmulator(found.jar)
    const { host } = await emulator
    process.env['PUBSUB_EMULATOR_HOST'] = host
    const url = `pubsub://taskq-storm/storm-${randomUUID()}`
    await (await openQueue(url, { create: true })).close()
    const wire = await startFaultProxy(`http://${host}`, google)
    return {
      ...{ url, wire, ending: 'told' },
      env: { PUBSUB_EMULATOR_HOST: wire.endpoint },
      look: () => openQueue(url),
      close: () => wire.stop(),
    }
  },
  async close() {
    await (await emulator)?.stop()
    emulator = undefined
  },
}
