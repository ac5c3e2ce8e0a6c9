import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kind, Lack } from './grounds.ts'
import { chanceOf } from './plan.ts'
import type { Verdict } from './report.ts'
import type { Figures, StormTest } from './storm.ts'

interface Row {
  readonly test: StormTest
  readonly kind: Kind
}

interface Form {
  readonly seed: number
  readonly isLong: boolean
}

/** Runs one test on one kind of queue; what is needed to understand a failure is kept. */
export async function runOne(row: Row, form: Form): Promise<Verdict> {
  const { test, kind } = row
  const about = { test: test.name, queue: kind.name }
  const refusal = test.refuses?.(kind)
  if (refusal !== undefined) return { ...about, outcome: 'refused', reason: refusal }
  const lack = test.needs?.()
  if (lack !== undefined) return { ...about, ...without(lack) }
  const folder = await mkdtemp(join(tmpdir(), `taskq-storm-${test.name}-${kind.name}-`))
  const store = join(folder, 'store')
  await mkdir(store)
  const undo = test.prepare?.(store)
  // A storm that breaks off must not leave the machine changed.
  if (undo !== undefined) process.once('exit', undo)
  let verdict: Verdict
  try {
    verdict = { ...about, ...(await runIn(folder, row, form)) }
  } finally {
    if (undo !== undefined) process.off('exit', undo)
    undo?.()
  }
  if (verdict.outcome !== 'failed') await rm(folder, { recursive: true })
  return verdict
}

async function runIn(folder: string, { test, kind }: Row, { seed, isLong }: Form) {
  const store = join(folder, 'store')
  const began = performance.now()
  const ground = await kind.open(store)
  if ('reason' in ground) return without(ground)
  const chance = chanceOf(seed, `${test.name} ${kind.name}`)
  let figures: Figures
  try {
    figures = await test.run({ kind, ground, folder, store, chance, isLong })
  } catch (error) {
    figures = brokenOff([error instanceof Error ? error.message : String(error)])
  } finally {
    await ground.close()
  }
  const seconds = (performance.now() - began) / 1000
  const isGood = figures.violations.length === 0 && figures.faults.length === 0
  if (isGood) return { outcome: 'passed', figures, seconds } as const
  return { outcome: 'failed', figures, seconds, folder } as const
}

function without({ reason, inCi }: Lack) {
  if (inCi === 'may be missing' || process.env['CI'] !== 'true')
    return { outcome: 'skipped', reason } as const
  const figures = brokenOff([`CI must be able to run this: ${reason}`])
  return { outcome: 'failed', figures, seconds: 0 } as const
}

function brokenOff(faults: readonly string[]): Figures {
  return { tasks: 0, kills: 0, extraRuns: 0, repeats: 0, refused: 0, violations: [], faults }
}
