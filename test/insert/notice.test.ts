import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { noticed, noticedTable } from '../../src/runtime/insert/notice.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function screen(isLive = true) {
  const said: string[] = []
  return { said, isLive, line: async (text = '') => said.push(text) }
}

it('what takes longer than a second is told of, once, and its answer comes all the same', async () => {
  const err = screen()
  const work = Promise.withResolvers<number>()
  const answer = noticed(err, 'Reading ...', () => work.promise)
  vi.advanceTimersByTime(999)
  expect(err.said).toEqual([])
  vi.advanceTimersByTime(60_000)
  work.resolve(7)
  expect(await answer).toBe(7)
  expect(err.said).toEqual(['Reading ...'])
})

it('what is quick is not told of, however it ends', async () => {
  const err = screen()
  await noticed(err, 'Reading ...', async () => {})
  const fault = new Error('no table')
  await expect(noticed(err, 'Reading ...', () => Promise.reject(fault))).rejects.toBe(fault)
  vi.advanceTimersByTime(60_000)
  expect(err.said).toEqual([])
})

it.each([
  [true, 1],
  [false, 0],
])(
  'where the screen is live (%s) reading a large table is told of %i times',
  async (isLive, times) => {
    const err = screen(isLive)
    const work = Promise.withResolvers<void>()
    const answer = noticedTable(err, () => work.promise)
    vi.advanceTimersByTime(60_000)
    work.resolve()
    await answer
    expect(err.said).toHaveLength(times)
  },
)
