import { fileURLToPath } from 'node:url'
import { changeBetweenMarks } from '../bench/marks.ts'
import { markdownTable } from '../bench/table.ts'
import { modules } from './modules.ts'
import { lineOf, rowOf, type Verdict } from './report.ts'

const page = fileURLToPath(new URL('../docs/testing.md', import.meta.url))

/** Puts verdicts into docs/testing.md; modules that were not tried now keep what is there of them. */
export async function writePage(verdicts: readonly Verdict[]): Promise<void> {
  await changeBetweenMarks(page, 'mutate', text => pageWith(text, verdicts))
}

/** The text between the marks with these verdicts in it. */
export function pageWith(text: string, verdicts: readonly Verdict[]): string {
  const lines = text.split('\n')
  const [head = '', rule = ''] = markdownTable([pageRowOf(nothing)])
  const rows: string[] = []
  const survivors: string[] = []
  for (const name of Object.keys(modules)) {
    const verdict = verdicts.find(({ module }) => module === name)
    if (verdict === undefined) {
      rows.push(...lines.filter(line => line.startsWith(`| ${name} |`)))
      survivors.push(...lines.filter(line => line.startsWith(`- ${name}: `)))
      continue
    }
    rows.push(markdownTable([pageRowOf(verdict)])[2] ?? '')
    survivors.push(...verdict.survivors.map(one => `- ${name}: ${lineOf(one)}`))
  }
  const list = survivors.length === 0 ? ['None survived.'] : ['What survived:', '', ...survivors]
  return ['', head, rule, ...rows, '', ...list, '', ''].join('\n')
}

const nothing: Verdict = { module: '', known: 0, tried: 0, seed: 0, survivors: [], seconds: 0 }

/** How long it took says more of the machine than of the tests. */
function pageRowOf(verdict: Verdict): Readonly<Record<string, string>> {
  const { took: _, ...row } = rowOf(verdict)
  return row
}
