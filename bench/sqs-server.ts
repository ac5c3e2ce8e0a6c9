/** A server of SQS in a process of its own, whose answers take so many milliseconds longer. */
import { setTimeout as sleep } from 'node:timers/promises'
import { buildApp } from 'fauxqs'

const delayMilliseconds = Number(process.argv[2] ?? 0)
const app = buildApp({ logger: false })
app.addHook('onRequest', async () => {
  await sleep(delayMilliseconds)
})
const endpoint = await app.listen({ port: 0, host: '127.0.0.1' })
const target = {
  'x-amz-target': 'AmazonSQS.CreateQueue',
  'content-type': 'application/x-amz-json-1.0',
}
const made = await fetch(endpoint, {
  method: 'POST',
  headers: target,
  body: JSON.stringify({ QueueName: 'jobs' }),
})
if (!made.ok) throw new Error(`no queue was made: ${await made.text()}`)
process.send?.({ endpoint })
