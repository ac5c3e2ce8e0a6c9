/** Why a project cannot have this name; `undefined` when it can. npm's rules for new packages. */
export function nameProblem(name: string): string | undefined {
  if (/^[a-z0-9][a-z0-9._-]{0,213}$/.test(name) && !reserved.includes(name)) return undefined
  return `"${name}" cannot name a project: use lower-case letters, digits, "-", "_" and ".", as in my-job.`
}

/** npm refuses the first two; a package of the other names could not be told from ours or Node's. */
const reserved: readonly string[] = [
  'node_modules',
  'favicon.ico',
  'node',
  'taskq',
  'taskq-runtime',
  'taskq-deploy',
  'taskq-node',
]

/** The nearest name that npm takes: `My Job` is `my-job`; `my-job` where nothing is left. */
export function slug(text: string): string {
  const plain = text
    .normalize('NFKD')
    .replaceAll(/\p{Mn}/gu, '')
    .toLowerCase()
  const name = plain.replaceAll(/[^a-z0-9._-]+/g, '-').replaceAll(/^[-._]+|[-._]+$/g, '')
  return nameProblem(name) === undefined ? name : 'my-job'
}

/** A name for things in a cluster: RFC 1123, at most 40 characters to leave room for endings. */
export function label(name: string): string {
  const plain = name.replaceAll(/[^a-z0-9]+/g, '-').slice(0, 40)
  return plain.replaceAll(/^[-\d]+|-+$/g, '') || 'my-job'
}

/** Why a further task cannot have this name; `undefined` when it can: files and scripts are named so. */
export function taskProblem(name: string): string | undefined {
  if (/^[a-z][a-z0-9-]{0,39}$/.test(name) && !taken.includes(name)) return undefined
  return `"${name}" cannot name a task: use lower-case letters, digits and "-", as in clean-up.`
}

/** What the project has already, under these names. */
const taken: readonly string[] = [
  'task',
  'tasks',
  'test',
  'run',
  'insert-tasks',
  'picture',
  'colours',
  'png',
  'tile',
  'cluster',
  'worker',
]
