import { expect, test } from 'vitest'
import { modules } from '../../mutate/modules.ts'
import { pageWith } from '../../mutate/page.ts'
import { lineOf, type Survivor, shareOf, type Verdict } from '../../mutate/report.ts'

const survivor: Survivor = {
  ...{ file: 'worker/held.ts', line: 7, text: 'if (a | b) go()' },
  ...{ from: 'a | b', to: 'false', kind: 'condition' },
}
const verdict = (module: string, survivors: readonly Survivor[]): Verdict => ({
  ...{ module, known: 50, tried: 20, seed: 7, survivors, seconds: 3 },
})

test('a verdict becomes a row with its sample, and a line for each survivor', () => {
  const text = pageWith('', [verdict('lease', [survivor])])
  expect(text).toContain('| lease | 50 | 20 (seed 7) | 19 | 95.0 % |\n')
  expect(text).toContain(
    '- lease: worker/held.ts:7 `a | b` => `false`: no test notices\n', //
  )
  expect(text).not.toContain('None survived')
})

test('modules that were not tried again keep what there is of them', () => {
  const once = pageWith('', [verdict('lease', [survivor]), verdict('core', [survivor])])
  const twice = pageWith(once, [verdict('lease', [])])
  expect(twice).toContain('| core | 50 | 20 (seed 7) | 19 | 95.0 % |')
  expect(twice).toContain('| lease | 50 | 20 (seed 7) | 20 | 100.0 % |')
  expect(twice).toContain('- core: ')
  expect(twice).not.toContain('- lease: ')
  expect(pageWith(twice, [])).toBe(twice)
})

test('the rows have the order of the modules', () => {
  const names = Object.keys(modules)
  const text = pageWith(
    '',
    names.toReversed().map(name => verdict(name, [])),
  )
  expect([...text.matchAll(/^\| (\w+) \| \d/gm)].map(([, name]) => name)).toEqual(names)
  expect(text).toContain('None survived.')
})

test('what may survive is listed with its reason', () => {
  const shortcut = {
    ...survivor,
    file: 'worker/heartbeat.ts',
    text: 'if (due.length === 0) return',
  }
  expect(lineOf(shortcut)).toMatch(/: a shortcut: /)
  expect(lineOf({ ...survivor, kind: 'statement removed', from: 'go(\n  7)' })).toBe(
    'worker/held.ts:7 `go( 7)` removed: no test notices',
  )
})

test('of nothing tried all is caught', () => {
  expect(shareOf({ ...verdict('core', []), tried: 0 })).toBe(100)
})
