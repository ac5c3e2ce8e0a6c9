import { spawn, spawnSync } from 'node:child_process'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { answer, type Peer } from '../peer.ts'
import { freePort } from '../port.ts'

const name = 'bench'

export const bullmq: Peer = {
  name: 'BullMQ on Redis',
  settings: 'addBulk by 5,000; concurrency 100 (4 x 50); results kept',
  durability: 'killed process; a power cut takes a second (appendfsync everysec)',
  keepsResults: true,
  needs: () =>
    spawnSync('redis-server', ['--version']).status === 0
      ? undefined
      : 'redis-server is not installed (apt-get install redis-server)',
  async start(folder) {
    const port = await freePort()
    const redis = spawn(
      'redis-server',
      [
        ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
        ...['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''],
      ],
      { stdio: 'ignore' },
    )
    const probe = new Redis({ port, maxRetriesPerRequest: null })
    // It is asked until it listens.
    probe.on('error', () => {})
    await probe.ping()
    probe.disconnect()
    return {
      place: { port },
      async stop() {
        const gone = new Promise(resolve => redis.on('close', resolve))
        redis.kill()
        await gone
      },
    }
  },
  async insert({ port }, bodies) {
    const queue = new Queue(name, { connection: { port: Number(port) } })
    for (let at = 0; at < bodies.length; at += 5000)
      await queue.addBulk(
        bodies.slice(at, at + 5000).map(body => ({ name: 'task', data: JSON.parse(body) })),
      )
    await queue.close()
  },
  async work({ port, processes }, done) {
    const worker = new Worker(
      name,
      async () => {
        done(1)
        return answer
      },
      { connection: { port: Number(port) }, concurrency: processes === 1 ? 100 : 50 },
    )
    await worker.waitUntilReady()
    return () => worker.close()
  },
}
