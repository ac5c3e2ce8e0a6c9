import { expect, it } from 'vitest'
import { linesDisplay, statusLine, terminalDisplay } from '../../src/runtime/worker/display.ts'
import type { Look } from '../../src/runtime/worker/look.ts'
import { Pace } from '../../src/runtime/worker/pace.ts'
import { Tally } from '../../src/runtime/worker/report.ts'

const look: Look = {
  report: Object.assign(new Tally(), { done: 12 }),
  inFlight: 200,
  counts: { ready: 5000, delayed: 478, leased: 200, done: 1234, dead: 2 },
  perSecond: 950.4,
  secondsLeft: 6,
  slowestSeconds: 1.23,
  memoryBytes: 85_100_000,
}

it('one calm line says how the queue stands', () => {
  expect(statusLine(look)).toBe(
    '1,234 done, 5,678 left, 2 dead | 950/s, 6 s to go | 200 in flight, slowest 1.2 s | 85 MB',
  )
  const { secondsLeft: _, ...unsure } = { ...look, counts: undefined, secondsLeft: undefined }
  expect(statusLine({ ...unsure, secondsLeft: undefined })).toBe(
    '12 done, 0 dead | 950/s | 200 in flight, slowest 1.2 s | 85 MB',
  )
})

it('what a task writes cannot move the cursor or fake the line', () => {
  const written: string[] = []
  const display = terminalDisplay({ columns: 40, write: text => written.push(text) })
  display.look(look)
  display.event({ event: 'output', text: 'evil\u001b[2J\u001b]0;title\u0007\rover\u009b31m\n' })
  const [, line = ''] = written
  expect(line).toBe(`\r\u001b[Kevil[2J]0;titleover31m\n${statusLine(look).slice(0, 39)}`)
})

it('in a pipe every line is one JSON object', () => {
  const written: string[] = []
  const display = linesDisplay({ write: text => written.push(text) }, () => new Date(0))
  display.event({ event: 'task-log', task: 't1', attempt: 1, message: 'two\nlines' })
  display.look(look)
  expect(written.map(line => JSON.parse(line) as unknown)).toMatchObject([
    { time: '1970-01-01T00:00:00.000Z', event: 'task-log', message: 'two\nlines' },
    { event: 'summary', done: 12, perSecond: 950.4, queue: { ready: 5000 } },
  ])
  expect(
    written.every(line => line.endsWith('\n') && line.trimEnd().split('\n').length === 1),
  ).toBe(true)
})

it('short tasks are sent many at once, slow ones one by one and not ahead of need', () => {
  const paced = (seconds: number, count = 1000) => {
    const pace = new Pace()
    for (let task = 0; task < count; task += 1) pace.note(seconds)
    return { frame: pace.frame, ahead: pace.ahead }
  }
  expect(new Pace()).toMatchObject({ frame: 1, ahead: 0 })
  expect(paced(0.000_01, 1)).toEqual({ frame: 4, ahead: 4 })
  expect(paced(0.000_004)).toEqual({ frame: 1000, ahead: 5000 })
  expect(paced(0.03)).toEqual({ frame: 1, ahead: 3 })
  expect(paced(1)).toEqual({ frame: 1, ahead: 0 })
})

it('one slow task among short ones makes the next batches small', () => {
  const pace = new Pace()
  for (let task = 0; task < 1000; task += 1) pace.note(0.000_01)
  pace.note(60)
  expect(pace).toMatchObject({ frame: 1, ahead: 0, slowestSeconds: 60 })
})
