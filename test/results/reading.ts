import { readFile } from 'node:fs/promises'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { isTaskqError, readJson, systemClock } from '../../src/runtime/index.ts'
import { type ResultsCommand, runResults } from '../../src/runtime/results/command.ts'
import type { ResultsIo } from '../../src/runtime/results/printing.ts'
import type { Bench } from '../worker/bench.ts'

/** How writing results came out. */
export interface Written {
  readonly code: number
  readonly out: string
  readonly said: string
}

/** A place to write to, and what was written there. */
export function openIo(signal = new AbortController().signal) {
  const stdout = new PassThrough()
  const said: string[] = []
  const printed: string[] = []
  const screen = (lines: string[]) => ({
    isLive: false,
    columns: 80,
    write: async (line: string) => lines.push(line),
    line: async (line = '') => lines.push(`${line}\n`),
  })
  const io: ResultsIo = {
    ...{ out: screen(printed), err: screen(said), clock: systemClock, signal, stdout },
    progress: () => ({ tell: async () => {}, end: async () => {} }),
  }
  return { io, stdout, said, printed }
}

/** Writes the results of a bench's queue; what is wrong is the message and its code. */
export async function results(
  { queue }: Bench,
  command: Partial<ResultsCommand> = {},
  signal = new AbortController().signal,
): Promise<Written> {
  const { io, stdout, said, printed } = openIo(signal)
  const running = runResults({ queue: queue.url, ...command }, {}, io).catch((error: unknown) => {
    said.push(isTaskqError(error) ? error.message : String(error))
    return -1
  })
  void running.finally(() => stdout.end())
  const out = await text(stdout)
  return { code: await running, out: out + printed.join(''), said: said.join('') }
}

/** The lines of NDJSON, every digit kept. */
export function linesOf(ndjson: string): readonly Record<string, unknown>[] {
  return ndjson
    .trimEnd()
    .split('\n')
    .map(line => readJson(line) as Record<string, unknown>)
}

/** The cells of a CSV file, which holds no line breaks inside of them. */
export async function csvOf(path: string): Promise<readonly string[]> {
  return (await readFile(path, 'utf8')).trimEnd().split('\r\n')
}
