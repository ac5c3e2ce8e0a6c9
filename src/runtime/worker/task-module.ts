import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { TaskFunction } from './contract.ts'
import { ConfigurationError } from './exit-codes.ts'
import { readMessages, type TaskFunctions } from './message-table.ts'

/** The exports that are looked for, the first found is run. */
const taskExports = ['runTask', '_runTask'] as const

/** Loads a user's task.ts and finds what it has to run; throws `ConfigurationError` that says what to mend. */
export async function loadTask(path: string): Promise<TaskFunctions> {
  const file = resolve(path)
  refuseMissing(file)
  const loaded = await importFile(file)
  const name = taskExports.find(one => Object.hasOwn(loaded, one))
  if (name === undefined) throw noTask(file, Object.keys(loaded).sort())
  const task = loaded[name]
  if (typeof task !== 'function')
    throw new ConfigurationError(
      `${file} exports "${name}", but it is ${kindOf(task)}, not a function. Write: export function ${name}(params, context) { ... }`,
    )
  const messages = Object.hasOwn(loaded, 'messages') ? loaded['messages'] : undefined
  return { task: task as TaskFunction, messages: readMessages(messages, file) }
}

function refuseMissing(file: string): void {
  if (!existsSync(file))
    throw new ConfigurationError(
      `There is no ${file}. Write the task there, or name its file with --task.`,
    )
  if (!statSync(file).isFile())
    throw new ConfigurationError(`${file} is no file. Name the file itself: ${file}/task.ts`)
}

async function importFile(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>
  } catch (cause) {
    const place = cause instanceof SyntaxError ? syntaxErrorOf(file) : undefined
    throw new ConfigurationError(`${file} could not be loaded: ${place ?? describe(cause)}`, {
      cause,
    })
  }
}

/** Node tells the line of a syntax error only where nobody catches it. */
function syntaxErrorOf(file: string): string | undefined {
  const { status, stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' })
  if (status === 0 || !stderr.includes('SyntaxError')) return undefined
  return stderr.split('\n').slice(0, 6).join('\n').trim()
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const text = error.stack ?? error.message
  const lines = text.split('\n').filter(line => !/^\s+at .*\bnode:internal/.test(line))
  return lines.slice(0, 8).join('\n')
}

function noTask(file: string, names: readonly string[]): ConfigurationError {
  const found = names.length === 0 ? 'nothing' : names.slice(0, 10).join(', ')
  return new ConfigurationError(
    `${file} exports ${found}; expected a function named ${taskExports.join(' or ')}. Write: export function _runTask(params, context) { ... }`,
  )
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`
}
