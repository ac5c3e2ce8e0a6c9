import { stripTypeScriptTypes } from 'node:module'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { type Mutation, mutationsOf } from '../../mutate/mutations.ts'
import { withSwitches } from '../../mutate/switches.ts'

const source = `
const least: number = 2
function judge(count: number, isOpen: boolean): string {
  let said = ''
  if (isOpen && count < least)
    if (count === 1) said = 'one'
    else if (!isOpen) said = 'never'
    else said = 'few'
  else said = count > 10 ? 'many' : 'some'
  for (let at = 0; at < count; at += 1) {
    if (at === 1) continue
    said = said.concat('.')
  }
  return said
}
`
const questions = [0, 1, 2, 3, 10, 11].flatMap(count => [
  [count, true] as const,
  [count, false] as const,
])

function answers(text: string, number: number): readonly unknown[] {
  const judge = runInNewContext(`${stripTypeScriptTypes(text)}; judge`, { __mutation: number })
  return questions.map(([count, isOpen]) => judge(count, isOpen))
}

function mutate({ start, end, to }: Mutation): string {
  return `${source.slice(0, start)}${to}${source.slice(end)}`
}

const mutations = mutationsOf(source)
// A loop that never ends, or does not begin where it should, is for a process that can be killed.
const bearable = mutations.filter(({ from }) => !/at (<|\+=)|^1$|^0$/.test(from))

test('mistakes are made of every kind', () => {
  const kinds = new Set(mutations.map(({ kind }) => kind))
  expect([...kinds].toSorted()).toEqual([
    'block emptied',
    'condition',
    'negation',
    'number',
    'other operator',
    'statement removed',
  ])
})

test('with no mistake chosen, code with switches does what it did', () => {
  expect(answers(withSwitches(source, mutations, 1), 0)).toEqual(answers(source, 0))
})

test.each(bearable)('a switch makes the mistake $kind: $from => $to', mutation => {
  const number = mutations.indexOf(mutation) + 1
  const wanted = mutation.kind === 'block emptied' ? undefined : answers(mutate(mutation), 0)
  const got = answers(withSwitches(source, mutations, 1), number)
  expect(got).toEqual(wanted ?? questions.map(() => undefined))
})

test('what is not in a function is told apart, for it is decided when the code is loaded', () => {
  expect(mutations.filter(({ isAtOnce }) => isAtOnce).map(({ from }) => from)).toEqual(['2'])
})
