import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Driver, DriverModule } from '../src/runtime/queue/driver.ts'
import { driverModules, openDriver } from '../src/runtime/queue/open.ts'
import { durationText } from '../src/runtime/terminal/amounts.ts'
import { ROOT } from './workspaces.ts'

const START = '<!-- queues:start -->'
const END = '<!-- queues:end -->'

/** The README with the table of queues made from what each driver says of itself. */
export async function readmeWithQueues(): Promise<string> {
  const text = readFileSync(README, 'utf8')
  const start = text.indexOf(START) + START.length
  const end = text.indexOf(END)
  if (end < start) throw new Error(`README.md lacks ${START} or ${END}: put them back.`)
  return `${text.slice(0, start)}\n${await queuesTable()}\n${text.slice(end)}`
}

const README = join(ROOT, 'README.md')

async function queuesTable(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'taskq-'))
  const rows: (readonly string[])[] = []
  for (const load of Object.values(driverModules)) {
    const { scheme, example, usual }: DriverModule = await load()
    if (usual !== undefined) {
      rows.push(rowOf(example, usual))
      continue
    }
    const here = { sqlite: `sqlite:${folder}/queue.db`, fq: `fq://${folder}/queue` }
    const driver = await openDriver(scheme in here ? here[scheme as keyof typeof here] : example)
    rows.push(rowOf(example, driver))
    await driver.close()
  }
  rmSync(folder, { recursive: true })
  return [header, header.map(() => '---'), ...rows]
    .map(cells => `| ${cells.join(' | ')} |`)
    .join('\n')
}

const header = [
  'queue',
  'fenced',
  'unique',
  'ordered',
  'durable',
  'results',
  'largest task',
  'longest lease',
]

function rowOf(
  example: string,
  { traits, limits, results }: Pick<Driver, 'traits' | 'limits' | 'results'>,
): readonly string[] {
  const kept = (promise: boolean) => (promise ? 'yes' : 'no')
  return [
    `\`${example}\``,
    kept(traits.fenced),
    kept(traits.unique),
    kept(traits.ordered),
    kept(traits.durable),
    results === undefined ? 'beside it' : 'with the task',
    `${Math.round((limits.bodyBytes / 2 ** 20) * 100) / 100} MB`,
    `${durationText(limits.leaseSeconds)}, ${limits.heldSeconds === undefined ? 'renewed without end' : `${durationText(limits.heldSeconds)} in all`}`,
  ]
}

if (import.meta.main) writeFileSync(README, await readmeWithQueues())
