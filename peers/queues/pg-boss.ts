import { PgBoss } from 'pg-boss'
import { answer, type Peer } from '../peer.ts'
import { lacksPostgres, startPostgres } from '../postgres.ts'

const name = 'bench'

export const pgBoss: Peer = {
  name: 'pg-boss on PostgreSQL',
  settings: 'insert by 10,000; batchSize 1000, localConcurrency 2, burstWhenBatchFull, results',
  durability: 'power cut',
  keepsResults: true,
  needs: lacksPostgres,
  start: startPostgres,
  async insert({ url }, bodies) {
    const boss = await bossAt(url)
    await boss.createQueue(name)
    for (let at = 0; at < bodies.length; at += 10_000)
      await boss.insert(
        name,
        bodies.slice(at, at + 10_000).map(body => ({ data: JSON.parse(body) })),
      )
    await boss.stop()
  },
  async work({ url }, done) {
    const boss = await bossAt(url)
    const options = {
      ...{ batchSize: 1000, localConcurrency: 2, pollingIntervalSeconds: 0.5 },
      ...{ burstWhenBatchFull: true, perJobResults: true as const },
    }
    await boss.work(name, options, async jobs => {
      done(jobs.length)
      return jobs.map(({ id }) => ({ id, status: 'completed' as const, output: answer }))
    })
    return () => boss.stop({ graceful: false })
  },
}

async function bossAt(url: unknown) {
  const boss = new PgBoss({ connectionString: String(url), supervise: false, schedule: false })
  boss.on('error', () => {})
  await boss.start()
  return boss
}
