import { Logger, makeWorkerUtils, run } from 'graphile-worker'
import type { Peer } from '../peer.ts'
import { lacksPostgres, startPostgres } from '../postgres.ts'

const logger = new Logger(() => () => {})

export const graphile: Peer = {
  name: 'graphile-worker on PostgreSQL',
  settings: 'addJobs by 10,000; concurrentJobs 24, localQueue 500, completion in batches',
  durability: 'power cut; completions up to a moment ago may be lost',
  keepsResults: false,
  needs: lacksPostgres,
  start: startPostgres,
  async insert({ url }, bodies) {
    const utils = await makeWorkerUtils({ connectionString: String(url), logger })
    await utils.migrate()
    for (let at = 0; at < bodies.length; at += 10_000)
      await utils.addJobs(
        bodies
          .slice(at, at + 10_000)
          .map(body => ({ identifier: 'bench', payload: JSON.parse(body) })),
      )
    await utils.release()
  },
  async work({ url }, done) {
    const runner = await run({
      ...{ connectionString: String(url), logger, noHandleSignals: true },
      preset: {
        worker: {
          ...{ concurrentJobs: 24, maxPoolSize: 26, pollInterval: 100 },
          ...{ localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 },
        },
      },
      taskList: { bench: async () => done(1) },
    })
    return () => runner.stop()
  },
}
