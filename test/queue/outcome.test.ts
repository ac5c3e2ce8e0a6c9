import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { unwrapOutcome, wrapOutcome } from '../../src/runtime/queue/outcome.ts'

it('an outcome comes back as it was', () => {
  for (const outcome of [
    { id: 'a', attempts: 1 },
    { id: 'a', attempts: 1, record: '' },
    { id: 'a', attempts: 2, record: '{"x":"é\\"🧠"}' },
    { id: 'a', attempts: 3, reason: 'gave up', body: '{"payload":1}', record: 'stack' },
  ])
    expect(unwrapOutcome(wrapOutcome(outcome, 10_000))).toEqual(outcome)
})

it('one that is too large is deflated', () => {
  const outcome = { id: 'a', attempts: 1, record: '"quoted",'.repeat(5000) }
  const message = wrapOutcome(outcome, 20_000)
  expect(Buffer.byteLength(message.body)).toBeLessThanOrEqual(20_000)
  expect(unwrapOutcome(message)).toEqual(outcome)
})

it('whatever fits into 0.73 of a message can be buried in one, without its record if need be', () => {
  const most = 262_144
  const body = randomBytes(most)
    .toString('base64')
    .slice(0, Math.floor(most * 0.73))
  const reason = 'exit: '.repeat(200)
  const message = wrapOutcome({ id: 'a', attempts: 3, reason, body, record: body }, most)
  expect(Buffer.byteLength(message.body)).toBeLessThanOrEqual(most)
  expect(unwrapOutcome(message)).toEqual({ id: 'a', attempts: 3, reason, body })
})

it('a body that is no outcome is a task that the store moved', () => {
  for (const body of [
    '',
    '{',
    'null',
    '{"payload":[]}',
    '{"attempts":"1"}',
    '{"attempts":1,"record":2}',
  ])
    expect(unwrapOutcome({ id: 'a', body })).toMatchObject({ attempts: 0, body })
})
