import { stripVTControlCharacters } from 'node:util'
import { expect, it } from 'vitest'
import { plainDisplay, statusLines, terminalDisplay } from '../../src/runtime/watching/display.ts'
import { jsonLines } from '../../src/runtime/watching/json-lines.ts'
import { LiveScreen } from '../../src/runtime/watching/screen.ts'
import { look } from './looks.ts'

const up = '\r\u001b[1A'

/** A terminal that keeps each write. */
function terminal(columns = 80) {
  const written: string[] = []
  return { written, columns, write: (text: string) => written.push(text) }
}

it('two calm lines say how the queue stands', () => {
  expect(statusLines(look)).toEqual([
    '1,234 done, 5,678 left, 2 dead | 950/s, 6 s to go',
    '200 in flight, slowest 1.2 s | memory 85 MB + 1.3 GB',
  ])
  const unsure = { ...look, counts: undefined, secondsLeft: undefined }
  expect(statusLines(unsure)[0]).toBe('12 done, 0 dead | 950/s')
  expect(statusLines({ ...unsure, endsInSeconds: 160 })[0]).toBe(
    '12 done, 0 dead | 950/s, ends in 3 min unless a task comes',
  )
})

it('a slow task and the progress of one are shown', () => {
  const slow = [{ task: 'cell\u001b[2J-17', seconds: 300 }]
  expect(statusLines({ ...look, slow }, 't1 40 %')[1]).toMatch(
    / \| 1 slow: cell-17 5 min \| t1 40 %$/,
  )
})

it('each line fits into the terminal', () => {
  const screen = terminal(30)
  terminalDisplay(screen).look?.take(look)
  for (const line of (screen.written[0] ?? '').split('\n'))
    expect(stripVTControlCharacters(line).trimStart().length).toBeLessThan(30)
})

it('what is not changed is not drawn again, and a change clears nothing first', () => {
  const screen = terminal()
  const live = new LiveScreen(screen)
  live.stay(['one', 'two'])
  live.stay(['one', 'two'])
  live.stay(['one', 'three'])
  expect(screen.written).toEqual([
    '\r\u001b[Jone\u001b[K\ntwo\u001b[K',
    `${up}one\u001b[K\nthree\u001b[K`,
  ])
})

it('what happens passes above the lines that stay, all of a moment in one write', () => {
  const screen = terminal()
  const live = new LiveScreen(screen)
  live.stay(['one', 'two'])
  live.pass('first')
  live.pass('second')
  live.flush()
  expect(screen.written[1]).toBe(`${up}\u001b[Jfirst\nsecond\none\u001b[K\ntwo\u001b[K`)
  expect(screen.written).toHaveLength(2)
})

it('in a terminal that became narrower the wrapped lines are cleared as well', () => {
  const screen = terminal(80)
  const live = new LiveScreen(screen)
  live.stay(['x'.repeat(70), 'y'.repeat(10)])
  screen.columns = 40
  live.stay(['new', 'lines'])
  expect(screen.written[1]).toBe('\r\u001b[2A\u001b[Jnew\u001b[K\nlines\u001b[K')
})

it('of a flood the first lines are shown and the rest is counted', () => {
  const screen = terminal()
  const live = new LiveScreen(screen)
  for (let at = 0; at < 5000; at += 1) live.pass(`line ${at}`)
  live.flush()
  expect(screen.written).toHaveLength(1)
  expect(screen.written[0]).toMatch(/line 99\n\.\.\. and 4900 more lines\n$/)
})

it('what a task writes cannot move the cursor, colour or fake the lines', () => {
  const screen = terminal()
  const display = terminalDisplay(screen)
  display.hear?.({ event: 'output', text: 'evil\u001b[2J\u001b]0;title\u0007\rover\u009b31m\n' })
  void display.close?.()
  expect(screen.written[0]).toBe('\r\u001b[Jevilover\n')
})

it('without a terminal people get sentences, and one of how it stands', () => {
  const screen = terminal()
  const display = plainDisplay(screen)
  display.hear?.({ event: 'stopping', reason: 'the work is done' })
  display.look?.take(look)
  expect(screen.written).toEqual([
    'Stopping: the work is done.\n',
    '12 done, 0 dead, 0 retried here; 950/s, 6 s to go; 200 in flight.\n',
  ])
})

it('in a pipe every line is one JSON object with level, time and what happened', async () => {
  const screen = terminal()
  const lines = jsonLines(screen, 'w1')
  lines.hear?.({ event: 'task-log', task: 't1', attempt: 1, message: 'two\nlines' })
  lines.look?.take(look)
  await lines.close?.()
  const [first, second] = screen.written.map(line => JSON.parse(line) as unknown)
  expect(first).toMatchObject({
    ...{ level: 'info', severity: 'INFO', worker: 'w1', event: 'task-log', message: 'two\nlines' },
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
    msg: 'Task t1: two\nlines',
  })
  expect(second).toMatchObject({
    event: 'summary',
    done: 12,
    perSecond: 950.4,
    queue: { ready: 5000 },
  })
  for (const line of screen.written) expect(line).toMatch(/^\{[^\n]*\}\n$/)
})

it('a reader that is too slow misses lines and is told how many', async () => {
  const screen = { ...terminal(), writableLength: 0 }
  const lines = jsonLines(screen, 'w1')
  await lines.close?.()
  screen.writableLength = 100_000_000
  for (let at = 0; at < 3; at += 1) lines.hear?.({ event: 'lease-lost', task: 't1' })
  expect(screen.written).toEqual([])
  screen.writableLength = 0
  lines.hear?.({ event: 'lease-lost', task: 't2' })
  expect(screen.written[0]).toContain('3 lines were left out')
  expect(screen.written[1]).toContain('"task":"t2"')
})

it('a line of JSON holds nothing that steers a terminal, and loses nothing', async () => {
  const screen = terminal()
  const lines = jsonLines(screen, 'w')
  const text = 'evil\u009b2J \u202e🧠 é\u2028\u001b[2J'
  lines.hear?.({ event: 'output', text })
  await lines.close?.()
  expect(screen.written.join('')).toMatch(/^[^\p{C}\u2028]*\n$/u)
  expect(JSON.parse(screen.written.join(''))).toMatchObject({ text })
})
