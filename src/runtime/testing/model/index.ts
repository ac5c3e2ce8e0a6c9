import fc from 'fast-check'
import type { Candidate } from '../conformance.ts'
import { commands } from './commands.ts'
import { QueueModel } from './model.ts'

/** How long and from which seed the model is compared with the driver. */
export interface ModelOptions {
  /** Histories. Default 200. */
  readonly runs?: number
  /** Commands in a history. Default 60. */
  readonly length?: number
  readonly seed?: number
  /** By how much a lease or a delay may last longer than asked for. Default 0. */
  readonly slackSeconds?: number
}

/**
 * Compares a driver with the model over random histories of commands through two handles. Throws
 * with the shortest history on which they differ, and the seed. For drivers that are unique,
 * fenced and have both capabilities.
 */
export async function compareWithModel(
  candidate: Candidate,
  { runs = 200, length = 60, seed, slackSeconds = 0 }: ModelOptions = {},
): Promise<void> {
  const property = fc.asyncProperty(
    fc.commands(commands(), { maxCommands: length, size: 'max' }),
    async steps => {
      const bench = await candidate.open()
      try {
        const other = await bench.another()
        const rig = { handles: [bench.driver, other] as const, pass: bench.pass, slackSeconds }
        await fc.asyncModelRun(() => ({ model: new QueueModel(), real: rig }), steps)
      } finally {
        await bench.dispose()
      }
    },
  )
  await fc.assert(property, { numRuns: runs, ...(seed !== undefined && { seed }) })
}
