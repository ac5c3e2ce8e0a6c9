import type { InsertIo } from '../../insert/io.ts'
import { noticedTable } from '../../insert/notice.ts'
import { type Env, openWhole } from '../../insert/prepare.ts'
import { decoders } from '../../queue/codec.ts'
import { TaskqError } from '../../queue/errors.ts'
import { writeJson } from '../../queue/json.ts'
import { userFrames } from '../../results/user-stack.ts'
import { countText } from '../../terminal/amounts.ts'
import type { Output } from '../../terminal/output.ts'
import { safeLines } from '../../terminal/safe.ts'
import { startTrial, type TaskText, type Trial } from '../../worker/try.ts'
import { findRow, findTask, type RowChoice } from './find-row.ts'
import { shortened } from './shortened.ts'

/** What `taskq try` is told. */
export interface TryCommand extends RowChoice {
  /** The file of the user's task. */
  readonly task: string
  /** The table; default: TASK_PARAMETER_FILENAME. */
  readonly table?: string
  /** Where a task of that key is taken from, instead of from a table. */
  readonly queue?: string
  /** What stands behind `--`. */
  readonly args: readonly string[]
  readonly json?: boolean
}

/** What `taskq try` has of the world around it. */
export interface TryIo extends Pick<InsertIo, 'err' | 'signal'> {
  /** People see a result in a terminal, programs have all of it. */
  readonly out: Pick<Output, 'line' | 'isTerminal'>
  /** Leaves Ctrl-C to the system: a task that loops for ever hears of nothing. */
  readonly letGo: () => void
}

/** Runs one row in this process and shows what comes of it; answers whether there is a result. */
export async function runTry(command: TryCommand, env: Env, io: TryIo): Promise<boolean> {
  const { task, args, json = false } = command
  const text = await taskFor(command, env, io)
  const { out, err } = io
  const { params } = decoders[text.wire](text.body)
  io.letGo()
  io.signal.throwIfAborted()
  if (!json) await err.line(`${safeLines(text.id)}\n  params    ${textFor(params)}`)
  const say = (word: string, said: string) => {
    if (!json) void err.line(`  ${word.padEnd(8)}  ${safeLines(said)}`)
  }
  const trial = await watched(task, text, {
    args,
    onLog: message => say('log', message),
    onProgress: fraction => say('progress', `${Math.round(fraction * 100)} %`),
  })
  const { outcome, value, failure, seconds } = trial
  if (json) await out.line(safeLines(writeJson({ id: text.id, params, ...trial })))
  else if (outcome === 'done') {
    await err.line(`  result    after ${timeText(seconds)}`)
    if (value === undefined) await out.line('nothing')
    else if (out.isTerminal) await showShort(value, io)
    else await out.line(safeLines(writeJson(value)))
  } else {
    await err.line(
      `  ${words[outcome].padEnd(8)}  after ${timeText(seconds)}: ${safeLines(failure?.reason ?? '')}`,
    )
    for (const frame of userFrames(failure?.stack ?? '')) await err.line(`    ${safeLines(frame)}`)
  }
  return outcome === 'done'
}

async function taskFor(command: TryCommand, env: Env, { err, signal }: TryIo): Promise<TaskText> {
  const { queue, key, table: path } = command
  if (queue !== undefined) {
    if (key === undefined || path !== undefined)
      throw new TaskqError(
        'invalid',
        '-q takes a task out of a queue: name it by --key ID, and name no table.',
      )
    return await findTask(queue, key)
  }
  return await noticedTable(err, async () => {
    const table = await openWhole(path, env, signal)
    try {
      return await findRow(table, command)
    } finally {
      await table.close()
    }
  })
}

/** A trial that also ends by what a task does to the process around it. */
async function watched(
  task: string,
  text: TaskText,
  listeners: Parameters<typeof startTrial>[2],
): Promise<Trial> {
  const loading = Promise.withResolvers<never>()
  let blame = (cause: unknown): void => {
    const why = cause instanceof Error ? cause.message : String(cause)
    loading.reject(new TaskqError('invalid', `${task} could not be loaded: ${why}`, { cause }))
  }
  const onStray = (error: unknown) => blame(error)
  const onIdle = () =>
    blame(new Error('it waits for what can no longer come: nothing is left that could wake it'))
  const onExit = (code: number) => {
    process.exitCode = 1
    process.stderr.write(`  The task ended its process: process.exit(${code}).\n`)
  }
  const events = [
    ...[['uncaughtException', onStray] as const, ['unhandledRejection', onStray] as const],
    ...[['beforeExit', onIdle] as const, ['exit', onExit] as const],
  ]
  for (const [event, listener] of events) process.on(event, listener)
  // Standard output is for the result alone.
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write
  try {
    const trial = await Promise.race([startTrial(task, text, listeners), loading.promise])
    blame = trial.blame
    return await trial.ended
  } finally {
    Reflect.deleteProperty(process.stdout, 'write')
    for (const [event, listener] of events) process.off(event, listener)
  }
}

const words = {
  exception: 'failed',
  timeout: 'too long',
  exit: 'exit',
  retry: 'again',
  'give-up': 'given up',
} as const

/** Tells what to do for all of it, where that is not all. */
async function showShort(value: unknown, { out, err }: TryIo): Promise<void> {
  const short = textFor(value)
  await out.line(short)
  if (short !== safeLines(writeJson(value)))
    await err.line(
      '  Cut for the terminal: "> FILE" behind the command writes all of it, so does --json.',
    )
}

const mostShown = 4000

/** What people see of parameters and results. */
function textFor(value: unknown): string {
  return cut(safeLines(writeJson(shortened(value))))
}

function cut(text: string): string {
  if (text.length <= mostShown) return text
  return `${text.slice(0, mostShown)}… and ${countText(text.length - mostShown)} characters more`
}

function timeText(seconds: number): string {
  return seconds < 1
    ? `${Math.round(seconds * 1e5) / 100} ms`
    : `${Math.round(seconds * 100) / 100} s`
}
