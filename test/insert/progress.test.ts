import { expect, test } from 'vitest'
import { barText, showProgress } from '../../src/runtime/insert/progress.ts'
import { ManualClock } from '../../src/runtime/testing/index.ts'

const progress = (rows: number, total?: number) => ({ rows, total, inserted: rows, present: 0 })

function screenOf(isLive: boolean) {
  const written: string[] = []
  return {
    written,
    isLive,
    columns: 80,
    write: (text: string) => Promise.resolve(written.push(text)),
    line: (text = '') => Promise.resolve(written.push(`${text}\n`)),
  }
}

test('the bar fits into 80 columns and tells rate and time left', () => {
  const text = barText(progress(2_500_000, 10_000_000), 250_000, 200)
  expect(text).toMatch(/^\[#+-+\] 2,500,000\/10,000,000, 250,000\/s, 30 s left$/)
  expect(text.length).toBeLessThan(80)
  expect(barText(progress(5), undefined, 80)).toBe('5')
  for (const columns of [1, 10, 40, 79])
    expect(barText(progress(1e9, 1e12), 1, columns).length).toBeLessThanOrEqual(columns)
})

test('a terminal gets one line that is drawn over and taken away', async () => {
  const clock = new ManualClock()
  const err = screenOf(true)
  const view = showProgress(err, clock)
  view.tell(progress(10, 100))
  clock.advance(0.1)
  view.tell(progress(20, 100))
  clock.advance(0.2)
  view.tell(progress(30, 100))
  await view.end()
  expect(err.written).toHaveLength(3)
  expect(err.written[1]?.startsWith('\r\u001b[K[###')).toBe(true)
  expect(err.written[1]).toMatch(/#+-+\] 30\/100, 100\/s, < 1 s left$/)
  expect(err.written[2]).toBe('\r\u001b[K')
})

test('a pipe gets a plain line every five seconds', async () => {
  const clock = new ManualClock()
  const err = screenOf(false)
  const view = showProgress(err, clock)
  for (let second = 0; second <= 11; second += 1) {
    view.tell(progress(second * 1000, 100_000))
    clock.advance(1)
  }
  await view.end()
  expect(err.written).toEqual([
    '5,000/100,000, 1,000/s, 1 min 35 s left\n',
    '10,000/100,000, 1,000/s, 1 min 30 s left\n',
  ])
})

test('programs get an event a second and people nothing', async () => {
  const clock = new ManualClock()
  const err = screenOf(false)
  const events: object[] = []
  const view = showProgress(err, clock, event => Promise.resolve(events.push(event)))
  view.tell(progress(1, 10))
  clock.advance(1)
  view.tell(progress(2, 10))
  await view.end()
  expect(events).toEqual([
    { event: 'progress', rows: 2, total: 10, inserted: 2, present: 0, perSecond: 2 },
  ])
  expect(err.written).toEqual([])
})
