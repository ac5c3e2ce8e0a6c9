/** `npm run mutate [-- MODULE ...]`: makes small mistakes in the code and sees whether the tests notice. */
import { parseArgs } from 'node:util'
import { Progress } from '../bench/progress.ts'
import { formatTable } from '../bench/table.ts'
import { helpParagraph, helpRows } from '../tools/help.ts'
import { mutateModule } from './module.ts'
import { modules } from './modules.ts'
import { writePage } from './page.ts'
import { leastShare, lineOf, rowOf, shareOf, type Verdict } from './report.ts'

const help = `Usage: npm run mutate [-- MODULE ...] [--sample NUMBER] [--seed NUMBER]
                      [--write]

${helpParagraph(`Makes one small mistake after the other in the code that leases, extends, completes and retries, and runs the tests of its module. At least ${leastShare} % must be caught.`)}

Modules:
${helpRows(Object.entries(modules).map(([name, { files }]) => [name, files.join(', ')]))}

${helpRows([
  ['--sample NUMBER', 'only so many mistakes of each module, chosen by the seed'],
  ['--seed NUMBER', 'default: a new one'],
  ['--write', 'writes these modules into the table of docs/testing.md'],
])}
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const sample = values.sample === undefined ? Number.POSITIVE_INFINITY : Number(values.sample)
const seed = Number(values.seed)
const unknown = [
  ...positionals.filter(name => !Object.hasOwn(modules, name)),
  ...(sample > 0 ? [] : [`--sample ${values.sample}`]),
  ...(Number.isSafeInteger(seed) ? [] : [`--seed ${values.seed}`]),
]
if (values.help) console.log(help)
else if (unknown.length > 0) {
  console.error(`mutate: ${unknown.join(', ')} is not known.\n\n${help}`)
  process.exitCode = 64
} else
  process.exitCode = await mutateAll().catch(error => {
    console.error(`mutate: ${error instanceof Error ? error.message : error}`)
    return 1
  })

async function mutateAll(): Promise<number> {
  // What judges is ended and its folder removed when this process exits, which a signal alone does not do.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => process.exit(signal === 'SIGINT' ? 130 : 143))
  const progress = new Progress(process.stderr)
  const verdicts: Verdict[] = []
  for (const name of positionals.length === 0 ? Object.keys(modules) : positionals) {
    const verdict = await mutateModule(name, {
      ...{ sample, seed },
      onProgress: line => progress.tell(line),
      onSurvivor: survivor => {
        progress.clear()
        console.log(`survived: ${lineOf(survivor)}`)
      },
    })
    progress.clear()
    verdicts.push(verdict)
  }
  console.log(`\n${formatTable('', verdicts.map(rowOf)).trimStart()}`)
  if (values.write) await writePage(verdicts)
  return verdicts.every(verdict => shareOf(verdict) >= leastShare) ? 0 : 1
}
