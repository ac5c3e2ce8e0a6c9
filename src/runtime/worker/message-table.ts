import type { TaskBody } from '../queue/codec.ts'
import { TaskqError } from '../queue/errors.ts'
import type { JsonObject, JsonValue } from '../queue/json.ts'
import { printable } from '../queue/json-path.ts'
import type { TaskFunction } from './contract.ts'

/**
 * What messages of Python may call, exported from task.ts as `messages`: by `module:function` or by
 * the name of a class. Nothing else is ever called, and nothing is loaded that a message names.
 */
export type Messages = Readonly<Record<string, TaskFunction | MessageFunction>>

/** A function whose positional arguments have names. */
export interface MessageFunction {
  readonly run: TaskFunction
  /** The parameters that positional arguments are, in their order. Without it they come as `args`. */
  readonly positional: readonly string[]
}

/** What a project's task.ts has to run. */
export interface TaskFunctions {
  readonly task: TaskFunction
  readonly messages: ReadonlyMap<string, MessageFunction | { readonly run: TaskFunction }>
}

/** A function of the project and what it is to be given. */
export interface Call {
  readonly task: TaskFunction
  readonly params: JsonObject
}

/**
 * The function that a body is for: the project's task for bodies of ours, an entry of the table for
 * others. Throws with what to add to the table where there is none.
 */
export function callOf({ task, messages }: TaskFunctions, { params, callee }: TaskBody): Call {
  if (callee === undefined) return { task, params }
  const { name, args, writer } = callee
  const entry = messages.get(name)
  if (entry === undefined && writer === 'taskq') return { task, params }
  if (entry === undefined)
    throw new TaskqError(
      'invalid',
      `the message calls ${printable(name)}, which "messages" in task.ts does not have; add it there, then revive the task: export const messages = { ${printable(JSON.stringify(name))}: _runTask }`,
    )
  const names = 'positional' in entry ? entry.positional : undefined
  return { task: entry.run, params: bind(name, params, args, names) }
}

/** Positional arguments under their names; under `args`, as a list, where the table has no names. */
function bind(
  name: string,
  params: JsonObject,
  args: readonly JsonValue[],
  names: readonly string[] | undefined,
): JsonObject {
  if (args.length === 0) return params
  if (names !== undefined && args.length > names.length)
    throw new TaskqError(
      'invalid',
      `the message gives ${printable(name)} ${args.length} positional arguments, and "messages" in task.ts names ${names.length}; name them all, then revive the task`,
    )
  const given: readonly (readonly [string, JsonValue])[] =
    names === undefined
      ? [['args', args]]
      : args.map((value, at) => [names[at] as string, value] as const)
  const twice = given.find(([key]) => Object.hasOwn(params, key))?.[0]
  if (twice !== undefined)
    throw new TaskqError(
      'invalid',
      `the message gives ${printable(name)} "${printable(twice)}" twice, by place and by name; name its positional arguments in "messages" of task.ts, or mend the message`,
    )
  return Object.fromEntries([...given, ...Object.entries(params)])
}

/** The table that a task file exports; throws `invalid` for one that is none. */
export function readMessages(exported: unknown, file: string): TaskFunctions['messages'] {
  if (exported === undefined) return new Map()
  if (typeof exported !== 'object' || exported === null || Array.isArray(exported))
    throw wrongTable(file, 'it is no object')
  return new Map(
    Object.entries(exported).map(([name, entry]) => [name, entryOf(entry, name, file)]),
  )
}

function entryOf(
  entry: unknown,
  name: string,
  file: string,
): MessageFunction | { readonly run: TaskFunction } {
  if (typeof entry === 'function') return { run: entry as TaskFunction }
  const { run, positional } = (entry ?? {}) as {
    readonly run?: unknown
    readonly positional?: unknown
  }
  const isNamed = Array.isArray(positional) && positional.every(one => typeof one === 'string')
  if (typeof run !== 'function' || !isNamed)
    throw wrongTable(file, `its "${printable(name)}" is neither a function nor { run, positional }`)
  if (new Set(positional).size < positional.length)
    throw wrongTable(file, `its "${printable(name)}" names one positional argument twice`)
  return { run: run as TaskFunction, positional: positional as string[] }
}

function wrongTable(file: string, complaint: string): TaskqError {
  return new TaskqError(
    'invalid',
    `${file} exports "messages", but ${complaint}. Write: export const messages = { 'my_project.task:_run_task': _runTask, PrintTask: { run: printTask, positional: ['txt'] } }`,
  )
}
