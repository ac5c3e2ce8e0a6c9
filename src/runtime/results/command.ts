import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isTaskqError, TaskqError } from '../queue/errors.ts'
import { openQueue } from '../queue/open.ts'
import type { Queue } from '../queue/queue.ts'
import { type ExitCode, exitCodes } from '../worker/exit-codes.ts'
import { checkResults, describeCompleteness } from './check.ts'
import { toCsv } from './csv.ts'
import { deadToNdjson, toNdjson } from './ndjson.ts'
import { readDead, readResults } from './read.ts'

/** The forms in which results are written. */
export const resultFormats = ['ndjson', 'csv'] as const
export type ResultFormat = (typeof resultFormats)[number]

/** What `taskq results` is told. */
export interface ResultsCommand {
  /** The queue's URL. */
  readonly queue: string
  /** Default: by the ending of `out`, else `ndjson`. */
  readonly format?: ResultFormat
  /** The file to write; default: standard output. */
  readonly out?: string
  /** Writes the dead tasks with their reasons instead of the results. */
  readonly failed?: boolean
  /** Ids that must have a result; default: those in the queue. */
  readonly expected?: Iterable<string> | AsyncIterable<string>
}

export interface ResultsIo {
  readonly stdout: NodeJS.WritableStream
  readonly stderr: { write(text: string): unknown }
}

/** Writes the results and checks that none is missing; the exit code says whether one is. */
export async function runResults(command: ResultsCommand, io: ResultsIo): Promise<ExitCode> {
  try {
    const queue = await openQueue(command.queue, { create: false })
    try {
      await writeOut(textOf(queue, command), command.out, io.stdout)
      const found = await checkResults(queue, command.expected)
      io.stderr.write(`${describeCompleteness(found)}\n`)
      return found.isComplete ? exitCodes.done : exitCodes.incomplete
    } finally {
      await queue.close()
    }
  } catch (error) {
    // The reader has seen enough: `taskq results | head`.
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return exitCodes.done
    if (!isTaskqError(error)) throw error
    io.stderr.write(`${error.message}\n`)
    return error.code === 'unavailable' ? exitCodes.fault : exitCodes.configuration
  }
}

function textOf(queue: Queue, { format, out = '', failed = false }: ResultsCommand) {
  if (failed) return deadToNdjson(readDead(queue))
  const chosen = format ?? (out.toLowerCase().endsWith('.csv') ? 'csv' : 'ndjson')
  return chosen === 'csv' ? toCsv(() => readResults(queue)) : toNdjson(readResults(queue))
}

/** A file appears under its name once it is complete. */
async function writeOut(
  text: AsyncGenerator<string>,
  out: string | undefined,
  stdout: NodeJS.WritableStream,
): Promise<void> {
  const source = Readable.from(gathered(text))
  if (out === undefined) {
    await pipeline(source, stdout, { end: false })
    return
  }
  const part = `${out}.part`
  try {
    await pipeline(source, createWriteStream(part))
    await rename(part, out)
  } catch (cause) {
    // What could not be written may not be there to be removed either: the first fault tells more.
    await rm(part, { force: true }).catch(() => {})
    if (isTaskqError(cause)) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new TaskqError(
      'unavailable',
      `The results could not be written to ${out}: ${why}. Name a file in a folder that has room; the results are still in the queue.`,
      { cause },
    )
  }
}

const pieceCharacters = 65_536

/** Pieces of some size: a stream takes longer over a short line than reading it took. */
async function* gathered(lines: AsyncGenerator<string>): AsyncGenerator<string> {
  let piece = ''
  for await (const line of lines) {
    piece += line
    if (piece.length < pieceCharacters) continue
    yield piece
    piece = ''
  }
  if (piece !== '') yield piece
}
