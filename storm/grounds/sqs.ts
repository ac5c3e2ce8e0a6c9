import { randomUUID } from 'node:crypto'
import { startFauxqs } from 'fauxqs'
import { sqs as driver } from '../../src/runtime/drivers/sqs/index.ts'
import { openQueue } from '../../src/runtime/index.ts'
import { startFaultProxy } from '../../test/support/fault-proxy.ts'
import type { Kind } from '../grounds.ts'

type Server = Awaited<ReturnType<typeof startFauxqs>>

/** The SDK signs with them; the server does not check. */
const credentials = {
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_EC2_METADATA_DISABLED: 'true',
}

let server: Promise<Server> | undefined

/** Amazon SQS: a server on loopback that speaks its protocol, and a proxy of its own for each ground. */
export const sqs: Kind = {
  name: 'sqs',
  medium: 'service',
  traits: driver.usual?.traits ?? { fenced: false, unique: false },
  lateWord: 'refused',
  share: 0.05,
  async open() {
    server ??= startFauxqs({ port: 0, logger: false, host: '127.0.0.1' })
    const { port } = await server
    Object.assign(process.env, credentials)
    const endpoint = `http://127.0.0.1:${port}`
    const name = `storm-${randomUUID()}`
    // This server counts exactly, so that nobody needs to wait for its counts to settle.
    const urlAt = (place: string) =>
      `sqs://${name}?settleSeconds=0&endpoint=${encodeURIComponent(place)}`
    await (await openQueue(urlAt(endpoint), { create: true })).close()
    const wire = await startFaultProxy(endpoint)
    return {
      ...{ url: urlAt(wire.endpoint), env: credentials, wire, ending: 'drained' },
      look: () => openQueue(urlAt(endpoint)),
      close: () => wire.stop(),
    }
  },
  async close() {
    await (await server)?.stop()
    server = undefined
  },
}
