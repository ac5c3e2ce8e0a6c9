import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { TaskqError } from '../queue/errors.ts'

/** What a task file exports, by name. */
export interface TaskFile {
  /** Its absolute path, for messages. */
  readonly path: string
  readonly exports: Readonly<Record<string, unknown>>
}

/** Imports a project's task file; throws `invalid` that says what to mend, and where. */
export async function importTaskFile(path: string): Promise<TaskFile> {
  const file = resolve(path)
  if (!existsSync(file))
    throw wrong(`There is no ${file}. Write the task there, or name its file with --task.`)
  if (!statSync(file).isFile())
    throw wrong(`${file} is no file. Name the file itself: ${file}/task.ts`)
  try {
    const loading = import(pathToFileURL(file).href) as Promise<TaskFile['exports']>
    return { path: file, exports: exportsOf(await unlessStuck(loading)) }
  } catch (cause) {
    const place = lacksPlace(cause) ? syntaxErrorOf(file) : undefined
    throw wrong(`${file} could not be loaded: ${place ?? describe(cause)}${adviceOn(cause)}`, cause)
  }
}

/** Node would end without a word when a file waits, and nothing is left that could wake it. */
function unlessStuck<Answer>(loading: Promise<Answer>): Promise<Answer> {
  const { promise: stuck, reject } = Promise.withResolvers<never>()
  const onIdle = () => reject('it waits for what can no longer come: nothing is left to wake it')
  process.once('beforeExit', onIdle)
  return Promise.race([loading, stuck]).finally(() => process.off('beforeExit', onIdle))
}

/** Node finds by name only some of what a CommonJS file exports; the whole it gives as this one. */
function exportsOf(module: TaskFile['exports']): TaskFile['exports'] {
  const whole = module['module.exports']
  return typeof whole === 'object' && whole !== null ? { ...module, ...whole } : module
}

/** What is there instead of what was expected: `a list`, `a value of type number`. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`
}

function wrong(message: string, cause?: unknown): TaskqError {
  return new TaskqError('invalid', message, cause === undefined ? undefined : { cause })
}

/** Of TypeScript that cannot be stripped Node tells the line at once. */
function lacksPlace(error: unknown): boolean {
  if (!(error instanceof SyntaxError)) return false
  return (error as NodeJS.ErrnoException).code !== 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX'
}

/** Of JavaScript it tells the line of a syntax error only where nobody catches it. */
function syntaxErrorOf(file: string): string | undefined {
  // Late: every runner comes by here, and few tasks have such an error.
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  const { status, stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' })
  if (status === 0 || !stderr.includes('SyntaxError')) return undefined
  return stderr.split('\n').slice(0, 6).join('\n').trim()
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const text = error.stack ?? error.message
  const lines = text.split('\n').filter(line => !/^\s+at .*\bnode:internal/.test(line))
  // From there on it is our own code, in which nothing is to be mended.
  const ours = lines.findIndex(line => line.includes(`at async ${importTaskFile.name} `))
  return lines.slice(0, ours < 0 ? 8 : Math.min(ours, 8)).join('\n')
}

/** What Node's sentence leaves to be known by those who write little JavaScript. */
function adviceOn(error: unknown): string {
  const missing = error instanceof Error ? packageMissing.exec(error.message)?.[1] : undefined
  if (missing !== undefined) return `\nInstall it: npm install ${missing}`
  // In a project of ES modules a file with CommonJS in it needs another ending, or other words.
  if (!(error instanceof ReferenceError)) return ''
  if (!/^(module|exports|require) is not defined in ES module scope/.test(error.message)) return ''
  return '\nWrite: export function _runTask(params, context) { ... }, or name the file task.cjs (task.cts) and say so with --task.'
}

const packageMissing = /^Cannot find package '((?:@[\w.-]+\/)?[\w-][\w.-]*)'/
