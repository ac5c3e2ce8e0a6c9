import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { type ResultsIo, shown } from '../../src/runtime/results/printing.ts'

it.each([
  { to: 'a file, asked for in a terminal', arePrinted: false, isTTY: true, told: [1000, 2000] },
  { to: 'a pipe', arePrinted: true, isTTY: false, told: [1000, 2000] },
  { to: 'the terminal where it would be drawn', arePrinted: true, isTTY: true, told: [] },
])('progress is shown of what goes to $to: $told', async ({ arePrinted, isTTY, told }) => {
  const seen: number[] = []
  const io: Pick<ResultsIo, 'progress' | 'signal' | 'stdout'> = {
    signal: new AbortController().signal,
    stdout: Object.assign(new PassThrough(), { isTTY }),
    progress: () => ({ tell: async done => void seen.push(done), end: async () => {} }),
  }
  const rows = async function* () {
    for (let at = 0; at < 2500; at += 1) yield at
  }
  let count = 0
  for await (const _ of shown(rows, { what: 'results', total: 2500, arePrinted }, io)()) count += 1
  expect({ count, seen }).toEqual({ count: 2500, seen: told })
})
