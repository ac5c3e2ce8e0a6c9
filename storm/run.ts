/** `npm run storm [-- TEST ...]`: ill-treats queues and workers and shows that nothing is lost. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { formatTable } from '../bench/table.ts'
import { helpRows } from '../tools/help.ts'
import { kinds } from './grounds.ts'
import { markdownOf, writePage } from './page.ts'
import { matrixOf, type Round, rowOf, type Verdict } from './report.ts'
import { runOne } from './round.ts'
import { runAll } from './schedule.ts'
import { tests } from './tests/index.ts'

const help = `Usage: npm run storm [-- TEST ...] [--queue NAMES] [--seed NUMBER] [--long]
                     [--out FOLDER] [--write]

Tests:
${helpRows(tests.map(({ name, promise }) => [name, promise]))}

${helpRows([
  [
    '--queue NAMES',
    `kinds of queues, with commas (default: all of ${kinds.map(({ name }) => name).join(', ')})`,
  ],
  [
    '--seed NUMBER',
    'decides the plan of faults; the same seed makes the same plan (default: a new one)',
  ],
  ['--long', 'the long form: more tasks, more kills, a soak of a million'],
  ['--out FOLDER', 'writes storm.json and storm.md there as well'],
  ['--write', 'writes the table of docs/storms.md anew; for a run of everything'],
])}
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    queue: { type: 'string' },
    seed: { type: 'string' },
    long: { type: 'boolean', default: false },
    out: { type: 'string' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const names = values.queue?.split(',') ?? kinds.map(({ name }) => name)
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed)
const unknown = [
  ...positionals.filter(name => !tests.some(test => test.name === name)),
  ...names.filter(name => !kinds.some(kind => kind.name === name)),
  ...(Number.isSafeInteger(seed) ? [] : [`--seed ${values.seed}`]),
]
if (values.help) console.log(help)
else if (unknown.length > 0) {
  console.error(`storm: ${unknown.join(', ')} is not known.\n\n${help}`)
  process.exitCode = 64
} else if (values.write && (positionals.length > 0 || names.length < kinds.length)) {
  console.error('storm: --write is for a run of all tests on all queues; leave those words out.')
  process.exitCode = 64
} else process.exitCode = await storm()

async function storm(): Promise<number> {
  const began = performance.now()
  // Workers, servers and small disks are ended when this process exits, which a signal alone does not do.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => process.exit(signal === 'SIGINT' ? 130 : 143))
  console.log(`seed ${seed}${values.long ? ', long form' : ''}\n`)
  const chosen = tests.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  const rows = chosen.flatMap(test =>
    kinds.flatMap(kind => (names.includes(kind.name) ? { test, kind } : [])),
  )
  const verdicts = new Map<(typeof rows)[number], Verdict>()
  await runAll(rows, async row => {
    const verdict = await runOne(row, { seed, isLong: values.long })
    verdicts.set(row, verdict)
    tell(verdict)
  })
  for (const kind of kinds) await kind.close()
  const seconds = (performance.now() - began) / 1000
  const inOrder = rows.flatMap(row => verdicts.get(row) ?? [])
  const round: Round = { seed, isLong: values.long, seconds, verdicts: inOrder }
  const ran = inOrder.filter(verdict => 'figures' in verdict)
  console.log(`\n${formatTable('', ran.map(rowOf)).trimStart()}`)
  console.log(formatTable('', matrixOf(inOrder)).trimStart())
  if (values.out !== undefined) await writeOut(values.out, round)
  if (values.write) await writePage(round)
  const failed = inOrder.filter(({ outcome }) => outcome === 'failed')
  const counts = (['passed', 'failed', 'refused', 'skipped'] as const).map(
    outcome => `${inOrder.filter(verdict => verdict.outcome === outcome).length} ${outcome}`,
  )
  console.log(`${counts.join(', ')} in ${seconds.toFixed(0)} s`)
  if (failed.length > 0) console.log(`again: npm run storm -- --seed ${seed}`)
  return failed.length === 0 ? 0 : 1
}

function tell(verdict: Verdict): void {
  const { test, queue, outcome } = verdict
  const about = `${outcome.padEnd(8)} ${test} on ${queue}`
  if (!('figures' in verdict)) {
    console.log(`${about}: ${verdict.reason}`)
    return
  }
  console.log(`${about}, ${verdict.seconds.toFixed(1)} s`)
  if (verdict.outcome !== 'failed') return
  const { violations, faults } = verdict.figures
  for (const fault of faults) console.log(`    ${fault}`)
  for (const { rule, id, says } of violations.slice(0, 10))
    console.log(`    ${rule}: ${id}: ${says}`)
  if (violations.length > 10) console.log(`    and ${violations.length - 10} more`)
  console.log(`    again: npm run storm -- ${test} --queue ${queue} --seed ${seed}`)
  if (verdict.folder !== undefined) console.log(`    histories in ${verdict.folder}`)
}

async function writeOut(folder: string, round: Round): Promise<void> {
  await mkdir(folder, { recursive: true })
  const facts = { ...round, node: process.versions.node }
  await writeFile(join(folder, 'storm.json'), `${JSON.stringify(facts, undefined, 2)}\n`)
  await writeFile(join(folder, 'storm.md'), markdownOf(round))
}
