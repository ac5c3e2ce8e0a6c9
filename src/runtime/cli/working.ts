import type { TaskModule } from '../insert/task-module.ts'
import type { OptionSpec } from './options.ts'
import type { Shell } from './shell.ts'

/** A command that opens what it needs itself: the queue, a table, the task file. */
export interface WorkingSpec {
  readonly name: string
  /** The word it takes without a flag, where it takes one. */
  readonly argument?: { readonly name: string; readonly says: string }
  readonly says: string
  readonly details: string
  readonly examples: readonly string[]
  /** What it can be told; loaded with the command, so that help for all stays quick. */
  readonly load: () => Promise<WorkingModule>
}

/** What the file of a working command exports. */
export interface WorkingModule {
  readonly options: readonly WorkingOption[]
  /** Answers the exit code. */
  readonly run: (shell: Shell, asked: Words) => Promise<number>
}

/** An option of a working command; its value stays text as typed. */
export interface WorkingOption extends Pick<OptionSpec, 'flags' | 'says'> {
  readonly repeats?: true
}

/** What the command line says to a working command. */
export interface Words {
  /** The word without a flag. */
  readonly word: string | undefined
  /** What stands behind `--`. */
  readonly rest: readonly string[]
  /** By the option's long name in camel case. */
  readonly flags: Readonly<Record<string, string | true | readonly string[] | undefined>>
  readonly env: NodeJS.ProcessEnv
  /** What a program of the project's own says in place of its task file; the command line says nothing. */
  readonly given: TaskModule
}

/** The commands that make tasks, run them and gather what came out, in the order of their use. */
export const workingCommands: readonly WorkingSpec[] = [
  {
    name: 'types',
    argument: { name: 'table', says: 'the table, instead of TASK_PARAMETER_FILENAME' },
    says: 'write the TypeScript type of a row',
    details:
      'Writes what _runTask gets as params, and what later inserts compare their table with.',
    examples: ['taskq types cells.feather'],
    load: () => import('./commands/types.ts'),
  },
  {
    name: 'try',
    argument: { name: 'table', says: 'the table, instead of TASK_PARAMETER_FILENAME' },
    says: 'run one row here and now, with breakpoints',
    details:
      'Runs the task file on one row in this very process and shows what comes of it: nothing is written anywhere. The result goes to standard output, everything else to standard error. What stands behind -- goes to the task.',
    examples: [
      'taskq try cells.feather --row 17',
      'node --inspect-brk node_modules/.bin/taskq try cells.feather',
    ],
    load: () => import('./commands/try.ts'),
  },
  {
    name: 'run',
    argument: { name: 'table', says: 'the table, instead of TASK_PARAMETER_FILENAME' },
    says: 'run a table here and now, from its rows to its results',
    details:
      'Insert, work until nothing is left, results: with a queue that is gone afterwards. Results go to standard output or into --out, all else to standard error. Ctrl-C lets running tasks finish and writes the results that are there.',
    examples: [
      'taskq run cells.feather --concurrency 8 --out results.parquet',
      'taskq run cells.feather --join --out results.csv --resume-file todo.ndjson',
    ],
    load: () => import('./commands/run.ts'),
  },
  {
    name: 'insert',
    says: 'make one task of every row of a table',
    details:
      'Inserting the same table again, also after it was interrupted, adds no duplicates. The rows are those that filterTasks of the task file keeps.',
    examples: [
      'taskq insert --table cells.feather -q sqlite:queue.db',
      'taskq insert -e config/task.env --dry-run',
    ],
    load: () => import('./commands/insert.ts'),
  },
  {
    name: 'work',
    argument: { name: 'queue', says: 'the queue, such as sqlite:queue.db' },
    says: 'run tasks here until there is a reason to end',
    details:
      'Leases tasks and runs the task file on each in processes of its own. Ctrl-C lets running tasks finish and gives the rest back; a second one ends at once. What stands behind -- goes to the task.',
    examples: [
      'taskq work sqlite:queue.db --until drained',
      'taskq work -e config/task.env --concurrency 8',
    ],
    load: () => import('./commands/work.ts'),
  },
  {
    name: 'results',
    argument: { name: 'queue', says: 'the queue, such as sqlite:queue.db' },
    says: 'write one result for every task, and check that none is missing',
    details: 'The count of what is missing or dead goes to standard error and into the exit code.',
    examples: ['taskq results sqlite:queue.db --out results.csv'],
    load: () => import('./commands/results.ts'),
  },
  {
    name: 'logs',
    argument: { name: 'id', says: 'the task; without it all that is kept is shown' },
    says: 'what tasks wrote, and how their runs ended',
    details:
      'Shows what workers kept of what tasks wrote to stdout, stderr and context.log: of failed runs, or of all with TQ_KEEP_LOGS=all. Where no file of a task is found, what its dead record holds is shown. Workers keep their files beside the queue or in TQ_LOG_DIR.',
    examples: ['taskq logs cell-17 -q sqlite:queue.db', 'taskq logs --follow -e config/task.env'],
    load: () => import('./commands/logs.ts'),
  },
]
