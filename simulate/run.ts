/** `npm run simulate`: thousands of histories of workers under fire, on a clock of their own. */
import { parseArgs } from 'node:util'
import { Progress } from '../bench/progress.ts'
import { formatTable } from '../bench/table.ts'
import { helpParagraph, helpRows } from '../tools/help.ts'
import { keep, makeSmall, playAlone, playMany, readPlan, type Sum } from './many.ts'
import { queues, type SimulatedQueue } from './plan.ts'
import { rowsOf, sizeOf } from './report.ts'
import { loadSubject } from './subject.ts'

const help = `Usage: npm run simulate [-- --queue NAMES] [--seed NUMBER]
                        [--histories NUMBER]
       npm run simulate -- --plan FILE

${helpParagraph('Plays histories of real supervisors on simulated processes, clocks and calls, and holds each to what is promised. A seed and a commit decide every step.')}

${helpRows([
  ['--queue NAMES', `kinds of queues, with commas (default: ${queues.join(',')})`],
  ['--seed NUMBER', 'of the first history; each that follows has the next (default: a new one)'],
  ['--histories NUMBER', 'on each kind of queue (default: 1000)'],
  ['--plan FILE', 'play the plan of a failure again'],
])}
`

const progress = new Progress(process.stderr)
const { values } = parseArgs({
  options: {
    queue: { type: 'string', default: queues.join(',') },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    histories: { type: 'string', default: '1000' },
    plan: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const names = values.queue.split(',')
const [seed, histories] = [Number(values.seed), Number(values.histories)]
const unknown = [
  ...names.filter(name => !queues.some(queue => queue === name)).map(name => `--queue ${name}`),
  ...(Number.isSafeInteger(seed) && seed >= 0 ? [] : [`--seed ${values.seed}`]),
  ...(Number.isSafeInteger(histories) && histories > 0 ? [] : [`--histories ${values.histories}`]),
]
if (values.help) console.log(help)
else if (unknown.length > 0) {
  console.error(`simulate: ${unknown.join(', ')} is not known.\n\n${help}`)
  process.exitCode = 64
} else if (values.plan === undefined) process.exitCode = await simulate()
else process.exitCode = await again(values.plan)

async function simulate(): Promise<number> {
  const subject = await loadSubject()
  const sums: Sum[] = []
  console.log(`seed ${seed}`)
  for (const queue of names as SimulatedQueue[]) {
    const onPlayed = (count: number) =>
      progress.tell(`${queue}: ${count} of ${histories} histories`)
    sums.push(await playMany({ subject, queue, seed, histories, mostFailures: 5, onPlayed }))
    progress.clear()
    for (const failure of sums.at(-1)?.failures ?? []) {
      console.log(`\nfailed: ${queue}, seed ${failure.seed}`)
      for (const { rule, id, says } of failure.played.broken.slice(0, 10))
        console.log(`    ${rule}: ${id}: ${says}`)
      console.log(
        `    again: npm run simulate -- --queue ${queue} --seed ${failure.seed} --histories 1`,
      )
      const small = await makeSmall(failure, subject)
      const folder = await keep(small)
      console.log(
        `    made small, ${sizeOf(small.plan)}: npm run simulate -- --plan ${folder}/plan.json`,
      )
      console.log(`    history: ${folder}/history.ndjson`)
    }
  }
  console.log(formatTable('', rowsOf(sums)))
  return sums.some(({ failures }) => failures.length > 0) ? 1 : 0
}

/** Plays one plan from a file and shows all of it. */
async function again(file: string): Promise<number> {
  const plan = await readPlan(file)
  if (plan === undefined) {
    console.error(`simulate: ${file} is no plan: name the plan.json that a failure has left.`)
    return 64
  }
  const { lines, broken } = await playAlone(plan, await loadSubject())
  for (const { at, by, step, says } of lines)
    console.log(
      `${(at / 1000).toFixed(6).padStart(12)} s  ${by.padEnd(8)} ${says ?? JSON.stringify(step)}`,
    )
  for (const { rule, id, says } of broken) console.log(`broken: ${rule}: ${id}: ${says}`)
  return broken.length === 0 ? 0 : 1
}
