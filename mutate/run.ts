/** `npm run mutate [-- MODULE ...]`: makes small mistakes in the code and sees whether the tests notice. */
import { parseArgs } from 'node:util'
import { formatTable } from '../bench/table.ts'
import { chanceOf } from '../storm/plan.ts'
import { modules } from './modules.ts'
import { rowOf, type Survivor, type Verdict } from './report.ts'
import { type Fate, Slot } from './slot.ts'

const least = 90
const help = `Usage: npm run mutate [-- MODULE ...] [--sample NUMBER] [--seed NUMBER]

Makes one small mistake after the other in the code that leases, extends, completes and retries, and runs
the tests of its module. At least ${least} % must be caught.

Modules:
${Object.entries(modules)
  .map(([name, { files }]) => `  ${name.padEnd(9)} ${files.join(', ')}`)
  .join('\n')}

  --sample NUMBER  only so many mistakes of each module, chosen by the seed
  --seed NUMBER    default: a new one
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const sample = values.sample === undefined ? Number.POSITIVE_INFINITY : Number(values.sample)
const unknown = [
  ...positionals.filter(name => !Object.hasOwn(modules, name)),
  ...(sample > 0 ? [] : [`--sample ${values.sample}`]),
  ...(Number.isSafeInteger(Number(values.seed)) ? [] : [`--seed ${values.seed}`]),
]
if (values.help) console.log(help)
else if (unknown.length > 0) {
  console.error(`mutate: ${unknown.join(', ')} is not known.\n\n${help}`)
  process.exitCode = 64
} else process.exitCode = await mutateAll()

async function mutateAll(): Promise<number> {
  const verdicts: Verdict[] = []
  for (const name of positionals.length === 0 ? Object.keys(modules) : positionals) {
    const slot = await Slot.open(modules[name]?.files ?? [])
    try {
      verdicts.push(await mutateModule(slot, name))
    } finally {
      await slot.close()
    }
  }
  console.log(`\n${formatTable('', verdicts.map(rowOf)).trimStart()}`)
  return verdicts.every(({ made, survivors }) => survivors.length <= (made * (100 - least)) / 100)
    ? 0
    : 1
}

async function mutateModule(slot: Slot, name: string): Promise<Verdict> {
  const { tests = [] } = modules[name] ?? {}
  const began = performance.now()
  await slot.judge(name, [0], (_, fate) => {
    if (fate !== 'survived')
      throw new Error(`The tests of ${name} fail without any mistake: mend that first.`)
  })
  const chosen = choose(slot.choices, name)
  const fates = new Map<number, Fate>()
  const numbersOf = (isAtOnce: boolean) =>
    chosen.filter(one => one.isAtOnce === isAtOnce).map(({ number }) => number)
  const note = (number: number, fate: Fate) => fates.set(number, fate)
  await slot.judge(name, numbersOf(false), note)
  for (const number of numbersOf(true)) await slot.judge(name, [number], note)
  const survivors: Survivor[] = []
  for (const { number, file, line, from, to, kind } of chosen) {
    let fate = fates.get(number) ?? 'survived'
    if (fate === 'survived' && tests.length > 0) fate = await slot.test(tests, number)
    if (fate !== 'survived') continue
    survivors.push({ file, line, from, to, kind })
    console.log(`survived: ${file}:${line} ${kind}: ${oneLine(from)} => ${oneLine(to)}`)
  }
  const seconds = (performance.now() - began) / 1000
  return { module: name, made: chosen.length, survivors, seconds }
}

function choose<Item>(all: readonly Item[], name: string): readonly Item[] {
  if (all.length <= sample) return all
  const chance = chanceOf(Number(values.seed), name)
  const left = [...all]
  return Array.from({ length: sample }, () => left.splice(chance.whole(left.length), 1)[0] as Item)
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 100)
}
