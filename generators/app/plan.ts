import { PINNED_NODE } from './node.ts'
import type { Answers } from './options.ts'

/** One file of the new project, and where its content comes from. */
export type PlannedFile =
  | { readonly path: string; readonly text: string }
  /** A file below templates/, filled in with the project's values. */
  | { readonly path: string; readonly template: string; readonly values: Values }
  /** A file below templates/ or, by its full path, of the package; copied byte for byte. */
  | { readonly path: string; readonly copyOf: string }

/** What templates can name. */
export type Values = Answers & { readonly name: string }

/** What is known of a project beside the answers. */
export interface Project {
  readonly name: string
  /** The packed runtime that the project is to use: its full path and its file name. */
  readonly runtime: { readonly path: string; readonly file: string }
}

/** The files of the new project. Pure: the same answers give the same files. */
export function plan(project: Project, answers: Answers): readonly PlannedFile[] {
  const values = { ...answers, name: project.name }
  const vendored = `vendor/${project.runtime.file}`
  return [
    { path: 'package.json', text: packageJson(project.name, vendored) },
    { path: 'README.md', template: 'README.md.hbs', values },
    { path: 'config/task.env', template: 'config/task.env.hbs', values },
    ...PROGRAMS.map(file => ({ path: file, copyOf: file })),
    // npm leaves files named .gitignore out of packages, so the template has a name of its own.
    { path: '.gitignore', copyOf: 'gitignore' },
    { path: vendored, copyOf: project.runtime.path },
  ]
}

function packageJson(name: string, vendored: string): string {
  const manifest = {
    name,
    version: '0.0.0',
    private: true,
    type: 'module',
    scripts: SCRIPTS,
    dependencies: { 'taskq-runtime': `file:${vendored}` },
    optionalDependencies: PINNED_NODE,
  }
  return `${JSON.stringify(manifest, undefined, 2)}\n`
}

/** Files that run as they lie in templates/. */
const PROGRAMS = ['task.ts', 'insert-tasks.ts', 'run-tasks.ts', 'status.ts', 'results.ts'] as const

const SCRIPTS = {
  'insert-tasks': program('insert-tasks.ts'),
  'run-tasks': program('run-tasks.ts'),
  status: program('status.ts'),
  results: program('results.ts'),
} as const

function program(file: (typeof PROGRAMS)[number]): string {
  return `node --env-file=config/task.env ${file}`
}
