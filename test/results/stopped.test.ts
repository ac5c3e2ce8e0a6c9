import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runResults } from '../../src/runtime/results/command.ts'
import type { ResultsIo } from '../../src/runtime/results/printing.ts'
import { type Bench, openBench } from '../worker/bench.ts'
import { linesOf, openIo, results } from './reading.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
  const { queue } = bench
  await queue.insert(Array.from({ length: 2500 }, (_, at) => ({ id: `t${at}`, params: { at } })))
  const leases = await queue.lease({ max: 2500, seconds: 60, worker: { id: 'w' } })
  await queue.settle(leases.map(lease => ({ lease, record: '"x"' })))
})
afterEach(() => bench.dispose())

const interrupted = new Error('interrupted')

/** A place to write to, stopped as soon as progress is told of `what`. */
function stoppedAt(what: string) {
  const ending = new AbortController()
  const { io, stdout, said } = openIo(ending.signal)
  stdout.resume()
  const progress: ResultsIo['progress'] = told => ({
    tell: async () => {
      if (told === what) ending.abort(interrupted)
    },
    end: async () => {},
  })
  return { io: { ...io, progress }, said, ending }
}

it('a file whose writing is stopped is as it was, and the user hears how far it came', async () => {
  const folder = join(bench.folder, 'out')
  await mkdir(folder)
  const out = join(folder, 'results.ndjson')
  await writeFile(out, 'old')
  const { io, said } = stoppedAt('results written')
  const running = runResults({ queue: bench.queue.url, out }, {}, io)
  await expect(running).rejects.toBe(interrupted)
  expect(said.join('').replace(out, 'OUT')).toMatch(
    /^Stopped\. OUT was not written, [12],\d{3} of 2,500 results had been; what was there before is still there\. .* run the same again for all of them\.\n$/,
  )
  expect(await readFile(out, 'utf8')).toBe('old')
  expect(await readdir(folder)).toEqual(['results.ndjson'])
})

it('output that is stopped says that it is incomplete', async () => {
  const { io, said } = stoppedAt('results written')
  await expect(runResults({ queue: bench.queue.url }, {}, io)).rejects.toBe(interrupted)
  expect(said.join('')).toBe(
    'Stopped. What was printed is incomplete: 2,000 of 2,500 results. The queue is as it was: run the same again for all of them.\n',
  )
})

it('a check that is stopped says that all was written', async () => {
  const table = join(bench.folder, 'rows.csv')
  await writeFile(table, `n\n${Array.from({ length: 2500 }, (_, at) => at).join('\n')}\n`)
  const { io, said } = stoppedAt('rows checked')
  await expect(runResults({ queue: bench.queue.url, table }, {}, io)).rejects.toBe(interrupted)
  expect(said.join('')).toMatch(/^Stopped\. All was written, but whether a result is missing /)
})

it('a named pipe is written once somebody reads it, and a signal ends the wait for a reader', async () => {
  const out = join(bench.folder, 'pipe')
  execFileSync('mkfifo', [out])
  const ending = new AbortController()
  const waiting = openIo(ending.signal)
  const told = Promise.withResolvers<void>()
  const line = async (text = '') => {
    waiting.said.push(text)
    told.resolve()
  }
  const io = { ...waiting.io, err: { ...waiting.io.err, line } }
  const running = runResults({ queue: bench.queue.url, out }, {}, io)
  await told.promise
  ending.abort(interrupted)
  await expect(running).rejects.toBe(interrupted)
  expect(waiting.said[0]).toBe(`Waiting until somebody reads ${out} ...`)
  expect(waiting.said[1]).toMatch(/pipe is incomplete: 0 of 2,500 results\./)
  const [written, read] = await Promise.all([results(bench, { out }), readFile(out, 'utf8')])
  expect(written.code).toBe(0)
  expect(linesOf(read)).toHaveLength(2500)
})

it('a link stays one, and the file it leads to gets the results', async () => {
  const [link, file] = [join(bench.folder, 'link.ndjson'), join(bench.folder, 'file.ndjson')]
  await symlink(file, link)
  await writeFile(file, 'old')
  await results(bench, { out: link })
  expect(linesOf(await readFile(file, 'utf8'))).toHaveLength(2500)
  expect(
    (await readdir(bench.folder, { withFileTypes: true }))
      .find(one => one.name === 'link.ndjson')
      ?.isSymbolicLink(),
  ).toBe(true)
})

it.each(['out', 'resumeFile'] as const)(
  '%s takes no address of a store, and its secret is not repeated',
  async name => {
    const { said, code } = await results(bench, { [name]: 's3://AKIA:sec/ret@bucket/x.csv' })
    expect(code).toBe(-1)
    expect(said).toMatch(
      /takes a path of this machine, not "s3:\/\/\.\.\.@bucket\/x\.csv"\. Write a file/,
    )
  },
)
