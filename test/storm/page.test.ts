import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { rules } from '../../src/runtime/testing/index.ts'
import { markdownOf } from '../../storm/page.ts'
import type { Figures } from '../../storm/storm.ts'
import { tests } from '../../storm/tests/index.ts'

const figures: Figures = {
  ...{ tasks: 10_000, kills: 10, extraRuns: 2, repeats: 0, refused: 8 },
  longestWaitSeconds: 0.25,
  ...{ violations: [], faults: [], note: 'a|b' },
}

test('the page says of every test and every rule what it is', async () => {
  const page = await readFile('docs/storms.md', 'utf8')
  const described = [...page.matchAll(/^\| (\w+) \| [^|]{20,} \|/gm)].map(([, name]) => name)
  for (const { name } of tests) expect(described).toContain(name)
  for (const [rule, promise] of Object.entries(rules))
    expect(page).toContain(`| ${rule} | ${promise} |`)
})

test('the page holds a run of every test on every kind of queue', async () => {
  const page = await readFile('docs/storms.md', 'utf8')
  const table = page.slice(page.indexOf('<!-- storm:start -->'))
  for (const { name } of tests)
    expect(table).toMatch(new RegExp(`^\\| ${name} \\|( (passed|refused|skipped) \\|){4}$`, 'm'))
  expect(table).not.toContain('failed')
})

test('a run becomes one table of who passed what, one of figures, and reasons', () => {
  const text = markdownOf({
    ...{ seed: 7, isLong: false, seconds: 12.3 },
    verdicts: [
      { test: 'kill', queue: 'sqlite', outcome: 'passed', figures, seconds: 3 },
      { test: 'kill', queue: 'fq', outcome: 'failed', figures, seconds: 3, folder: '/nowhere' },
      { test: 'clock', queue: 'sqlite', outcome: 'skipped', reason: 'no library' },
      { test: 'clock', queue: 'fq', outcome: 'refused', reason: 'wall clocks' },
      { test: 'soak', queue: 'fq', outcome: 'refused', reason: 'wall clocks' },
    ],
  })
  expect(text).toContain('Seed 7, short form, 12 s')
  expect(text).toContain('| test | sqlite | fq |\n| --- | --- | --- |\n| kill | passed | failed |')
  expect(text).toContain(
    '| kill | sqlite | passed | 10,000 | 10 | 2 | 0 | 8 | 0.25 s | 3.0 s | a\\|b |',
  )
  expect(text).toContain('- clock on sqlite skipped: no library\n')
  expect(text).toContain('- clock on fq, soak on fq refused: wall clocks\n')
  expect(text).not.toContain('nowhere')
})
