import { availableParallelism, cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { changeBetweenMarks } from '../bench/marks.ts'
import { markdownTable } from '../bench/table.ts'
import { matrixOf, type Round, rowOf, type Verdict } from './report.ts'

const page = fileURLToPath(new URL('../docs/storms.md', import.meta.url))

/** Puts a run into docs/storms.md, in place of the one before. */
export async function writePage(round: Round): Promise<void> {
  await changeBetweenMarks(page, 'storm', () => `\n${markdownOf(round)}\n`)
}

/** A run as Markdown: who passed what, the figures, and why the rest was not run. */
export function markdownOf(round: Round): string {
  const { seed, isLong, seconds, verdicts } = round
  const ran = verdicts.filter(verdict => 'figures' in verdict)
  return [
    `Seed ${seed}, ${isLong ? 'long' : 'short'} form, ${seconds.toFixed(0)} s, ${new Date().toISOString().slice(0, 10)}.`,
    `${machine()}.`,
    '',
    ...markdownTable(matrixOf(verdicts)),
    '',
    ...markdownTable(ran.map(rowOf)),
    '',
    ...reasonsOf(verdicts).map(reason => `- ${reason}`),
    '',
  ].join('\n')
}

function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  const { node, sqlite } = process.versions
  return `${availableParallelism()} cores (${model}), ${gigabytes} GB, ${process.platform}, Node ${node}, SQLite ${sqlite}`
}

/** What was not run, tests and queues of one reason together. */
function reasonsOf(verdicts: readonly Verdict[]): readonly string[] {
  const places = new Map<string, string[]>()
  for (const verdict of verdicts) {
    if (!('reason' in verdict)) continue
    const { outcome, test, queue, reason } = verdict
    const key = `${outcome}: ${reason}`
    places.set(key, [...(places.get(key) ?? []), `${test} on ${queue}`])
  }
  return [...places].map(([key, where]) => `${where.join(', ')} ${key}`)
}
