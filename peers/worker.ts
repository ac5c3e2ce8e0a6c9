/** One process that works for a peer: says `ready`, begins at the first line it reads, tells what it did. */
import { createInterface } from 'node:readline'
import { findPeer } from './queues/index.ts'

const [name = '', place = '{}'] = process.argv.slice(2)
const peer = findPeer(name)
let finished = 0
console.log('ready')
for await (const _ of createInterface({ input: process.stdin })) {
  const stop = await peer.work(JSON.parse(place), tasks => {
    finished += tasks
  })
  const report = setInterval(() => console.log(String(finished)), 20)
  process.once('SIGTERM', async () => {
    clearInterval(report)
    // Some peers wait for connections that are cut already.
    setTimeout(() => process.exit(0), 5000).unref()
    await stop()
    process.exit(0)
  })
  break
}
