/** `npm run storm [-- TEST ...]`: ill-treats queues and workers and shows that nothing is lost. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { formatTable } from '../bench/table.ts'
import { grounds } from './grounds.ts'
import { chanceOf } from './plan.ts'
import { markdownOf, rowOf, type Verdict } from './report.ts'
import type { Figures, StormTest } from './storm.ts'
import { clock } from './tests/clock.ts'
import { fairness } from './tests/fairness.ts'
import { inserters } from './tests/inserters.ts'
import { kill } from './tests/kill.ts'
import { poison } from './tests/poison.ts'
import { renewal } from './tests/renewal.ts'
import { soak } from './tests/soak.ts'
import { spot } from './tests/spot.ts'
import { zombie } from './tests/zombie.ts'

const tests: readonly StormTest[] = [
  ...[kill, zombie, renewal, clock, poison, spot, inserters, fairness, soak],
]

const help = `Usage: npm run storm [-- TEST ...] [--queue NAMES] [--seed NUMBER] [--long]

Tests:
${tests.map(({ name, promise }) => `  ${name.padEnd(10)} ${promise}`).join('\n')}

  --queue NAMES   kinds of queues, with commas (default: all of ${Object.keys(grounds).join(', ')})
  --seed NUMBER   decides the plan of faults; the same seed makes the same plan (default: a new one)
  --long          the long form: hours rather than minutes
  --out FOLDER    write storm.json and storm.md there as well
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    queue: { type: 'string' },
    seed: { type: 'string' },
    long: { type: 'boolean', default: false },
    out: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const names = values.queue?.split(',') ?? Object.keys(grounds)
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
const unknown = [
  ...positionals.filter(name => !tests.some(test => test.name === name)),
  ...names.filter(name => !Object.hasOwn(grounds, name)),
  ...(Number.isSafeInteger(seed) ? [] : [`--seed ${values.seed}`]),
]
if (values.help) console.log(help)
else if (unknown.length > 0) {
  console.error(`storm: ${unknown.join(', ')} is not known.\n\n${help}`)
  process.exitCode = 64
} else process.exitCode = await runAll()

async function runAll(): Promise<number> {
  const chosen = tests.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  const verdicts: Verdict[] = []
  console.log(`seed ${seed}${values.long ? ', long form' : ''}\n`)
  for (const queue of names)
    for (const test of chosen) {
      const verdict = await runOne(test, queue)
      verdicts.push(verdict)
      tell(verdict)
    }
  console.log(`\n${formatTable('', verdicts.map(rowOf)).trimStart()}`)
  if (values.out !== undefined) await writeOut(values.out, verdicts)
  const failed = verdicts.filter(({ outcome }) => outcome === 'failed')
  if (failed.length > 0)
    console.log(`${failed.length} failed; again: npm run storm -- --seed ${seed}`)
  return failed.length === 0 ? 0 : 1
}

async function runOne(test: StormTest, queue: string): Promise<Verdict> {
  const { name: testName } = test
  const about = { test: testName, queue }
  const refusal = test.refuses?.[queue]
  if (refusal !== undefined) return { ...about, outcome: 'refused', reason: refusal }
  const lack = test.needs?.()
  if (lack !== undefined) return { ...about, outcome: 'skipped', reason: lack }
  const folder = await mkdtemp(join(tmpdir(), `taskq-storm-${testName}-`))
  const ground = await grounds[queue]?.(folder)
  if (ground === undefined || typeof ground === 'string') {
    await rm(folder, { recursive: true })
    return { ...about, outcome: 'skipped', reason: ground ?? 'unknown' }
  }
  const began = performance.now()
  let figures: Figures
  try {
    const chance = chanceOf(seed, `${testName} ${queue}`)
    figures = await test.run({ ground, folder, chance, isLong: values.long })
  } catch (error) {
    figures = brokenOff(error)
  } finally {
    await ground.close()
  }
  const seconds = (performance.now() - began) / 1000
  const isGood = figures.violations.length === 0 && figures.faults.length === 0
  if (isGood) await rm(folder, { recursive: true })
  return isGood
    ? { ...about, outcome: 'passed', figures, seconds }
    : { ...about, outcome: 'failed', figures, seconds, folder }
}

function brokenOff(error: unknown): Figures {
  const faults = [error instanceof Error ? error.message : String(error)]
  return { tasks: 0, kills: 0, extraRuns: 0, refused: 0, violations: [], faults }
}

function tell(verdict: Verdict): void {
  const { test, queue, outcome } = verdict
  console.log(`${outcome.padEnd(8)} ${test} on ${queue}`)
  if (verdict.outcome !== 'failed') return
  const { violations, faults } = verdict.figures
  for (const fault of faults) console.log(`    ${fault}`)
  for (const { rule, id, says } of violations.slice(0, 10))
    console.log(`    ${rule}: ${id}: ${says}`)
  if (violations.length > 10) console.log(`    and ${violations.length - 10} more`)
  console.log(`    seed ${seed}; histories in ${verdict.folder}`)
}

async function writeOut(folder: string, verdicts: readonly Verdict[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  const facts = { seed, isLong: values.long, node: process.versions.node, verdicts }
  await writeFile(join(folder, 'storm.json'), `${JSON.stringify(facts, undefined, 2)}\n`)
  await writeFile(join(folder, 'storm.md'), markdownOf(verdicts, seed))
}
