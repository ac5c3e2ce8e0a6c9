import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Row } from '../bench/table.ts'
import { matrixOf, type Round, rowOf, type Verdict } from './report.ts'

const page = fileURLToPath(new URL('../docs/storms.md', import.meta.url))
const [start, end] = ['<!-- storm:start -->\n', '<!-- storm:end -->\n']

/** Puts a run into docs/storms.md, in place of the one before. */
export async function writePage(round: Round): Promise<void> {
  const text = await readFile(page, 'utf8')
  const [before, after] = [text.indexOf(start), text.indexOf(end)]
  if (before < 0 || after < before) throw new Error(`${page} lacks its marks: ${start}${end}`)
  const head = text.slice(0, before + start.length)
  await writeFile(page, `${head}\n${markdownOf(round)}\n${text.slice(after)}`)
}

/** A run as Markdown: who passed what, the figures, and why the rest was not run. */
export function markdownOf(round: Round): string {
  const { seed, isLong, seconds, verdicts } = round
  const ran = verdicts.filter(verdict => 'figures' in verdict)
  return [
    `Seed ${seed}, ${isLong ? 'long' : 'short'} form, ${seconds.toFixed(0)} s, ${new Date().toISOString().slice(0, 10)}.`,
    `${machine()}.`,
    '',
    ...tableOf(matrixOf(verdicts)),
    '',
    ...tableOf(ran.map(rowOf)),
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

function tableOf(rows: readonly Row[]): readonly string[] {
  const names = [...new Set(rows.flatMap(row => Object.keys(row)))]
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(names),
    line(names.map(() => '---')),
    ...rows.map(row => line(names.map(name => (row[name] ?? '').replaceAll('|', '\\|')))),
  ]
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
