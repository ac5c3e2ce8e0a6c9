/** A worker in twenty lines: leases tiles, computes them, and hands in what it found. */
import { openQueue } from 'taskq-runtime'
import { computeTile, type Tile } from './tile.ts'

const [url = '', name = 'worker'] = process.argv.slice(2)
const queue = await openQueue(url, { create: false })

for (;;) {
  const leases = await queue.lease({ max: 8, seconds: 2, worker: { id: name } })
  if (leases.length === 0) {
    const { ready, leased } = await queue.counts()
    if (ready === 0 && leased === 0) break
    await new Promise(resolve => setTimeout(resolve, 50))
    continue
  }
  const settlements = leases.map(lease => {
    const { params } = queue.decode(lease)
    return { lease, attempts: 1, record: JSON.stringify(computeTile(params as unknown as Tile)) }
  })
  const answers = await queue.settle(settlements)
  console.log(answers.filter(answer => answer === 'done').length)
}
await queue.close()
