import { readFileSync } from 'node:fs'
import { TaskqError } from './errors.ts'
import type { PythonFunction } from './python.ts'

/** The variable that names the Python function which our messages call: `module:function`. */
export const calleeVariable = 'TQ_PYTHON_FUNCTION'

/**
 * The Python function that our messages call: the one that is named, else the one of the
 * environment, else `<project>.task:_run_task` by the name in the package.json that lies here.
 */
export function calleeOf(
  named: string | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
  manifest = 'package.json',
): PythonFunction {
  const text = (named ?? env[calleeVariable] ?? '').trim()
  if (text === '') return { module: moduleOf(projectName(manifest)), name: '_run_task' }
  const [, module = '', name = ''] = pattern.exec(text) ?? []
  if (name !== '') return { module, name }
  throw new TaskqError(
    'invalid',
    `${calleeVariable} is ${JSON.stringify(text)}; it names a Python function as module:function, such as my_project.task:_run_task.`,
  )
}

const word = String.raw`[\p{ID_Start}_][\p{ID_Continue}]*`
const pattern = new RegExp(`^(${word}(?:\\.${word})*):(${word})$`, 'u')

/** As the Python projects of this kind are laid out: the package is the project's name, the file task.py. */
function moduleOf(project: string | undefined): string {
  const slug = (project ?? '').replace(/^@[^/]*\//, '').replaceAll(/\W+/g, '_')
  if (slug === '') return 'task'
  return `${/^\d/.test(slug) ? '_' : ''}${slug}.task`
}

function projectName(manifest: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly name?: unknown }
    return typeof name === 'string' ? name : undefined
  } catch {
    // A worker's folder may have no package.json; tasks can be inserted from there all the same.
    return undefined
  }
}
