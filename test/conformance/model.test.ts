import { expect, it } from 'vitest'
import { compareWithModel } from '../../src/runtime/testing/model/index.ts'
import { wholeCandidates } from './local-benches.ts'

const runs = Number(process.env['TQ_MODEL_RUNS'] ?? 150)

it.each(wholeCandidates)(
  '$name does what the model does, whatever the history',
  async candidate => {
    // Names of files are whole seconds and never used twice: what lasts so long may last a little longer.
    const slackSeconds = candidate.name === 'fq:' ? 10 : 0
    await compareWithModel(candidate, { runs, slackSeconds })
  },
)

it('a driver that forgets to check tokens differs from the model', async () => {
  const [memory] = wholeCandidates
  if (memory === undefined) throw new Error('no candidate')
  const careless: typeof memory = {
    ...memory,
    async open() {
      const bench = await memory.open()
      const { driver } = bench
      const complete: typeof driver.complete = async leases => {
        const answers = await driver.complete(leases)
        return answers.map(() => 'done')
      }
      return { ...bench, driver: { ...driver, complete } }
    },
  }
  await expect(compareWithModel(careless, { runs: 300, seed: 1 })).rejects.toThrow('complete')
})
