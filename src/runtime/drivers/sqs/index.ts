import type { Driver, DriverModule, OpenOptions, Traits } from '../../queue/driver.ts'
import { Calls } from '../calls.ts'
import { parseSqsAddress, type SqsAddress, usualSettleSeconds } from './address.ts'
import { openClient } from './client.ts'
import { countsOf } from './counts.ts'
import { limitsOf } from './limits.ts'
import { besideOf, inventoryOf, makeFamily } from './make.ts'
import { purge } from './purge.ts'
import { findQueue, usualQueue } from './queue.ts'
import { Verbs } from './verbs.ts'

/** SQS keeps neither ids nor tokens apart, and hands messages out in an order of its own. */
const traits: Traits = { fenced: false, unique: false, ordered: false, durable: true }

/** Amazon SQS, and servers that speak its protocol; the bodies are python-task-queue's. */
export const sqs: DriverModule = {
  scheme: 'sqs',
  example: 'sqs://NAME',
  making: 'when asked',
  needs: { package: '@aws-sdk/client-sqs', version: '3' },
  open: (rest, options) => openSqs(parseSqsAddress(rest, process.env), options),
  usual: { traits, limits: limitsOf(usualQueue, usualSettleSeconds) },
  async inventory(rest) {
    const address = parseSqsAddress(rest, process.env)
    return await inventoryOf(await openClient(address), address)
  },
}

async function openSqs(address: SqsAddress, options: OpenOptions): Promise<Driver> {
  const client = await openClient(address)
  try {
    if (options.create) await makeFamily(client, address)
    const queue = await findQueue(client, address)
    const url = `sqs://${queue.queueUrl}`
    const calls = new Calls(url)
    const verbs = new Verbs(queue, options, calls.closing)
    const found = { ...address, queueUrl: queue.queueUrl }
    return {
      url,
      wire: 'python',
      queueName: queue.name,
      ...(queue.identity !== undefined && { identity: queue.identity }),
      limits: limitsOf(queue, address.settleSeconds),
      traits,
      insert: messages => calls.run(() => verbs.insert(messages)),
      lease: request => calls.run(() => verbs.lease(request)),
      extend: (leases, seconds) => calls.run(() => verbs.extend(leases, seconds)),
      release: (leases, delaySeconds = 0) => calls.run(() => verbs.release(leases, delaySeconds)),
      complete: leases => calls.run(() => verbs.complete(leases)),
      counts: () => calls.run(() => countsOf(queue)),
      purge: () => calls.run(() => purge(queue, options)),
      close: hurry =>
        calls.close(async () => {
          await verbs.settle()
          client.close()
        }, hurry),
      companion: purpose => openSqs(besideOf(found, purpose), { ...options, create: false }),
    }
  } catch (error) {
    client.close()
    throw error
  }
}
