import type { ExitName } from '../config/exit-codes.ts'
import type { Queue } from '../queue/queue.ts'
import type { Flags, OptionName } from './options.ts'
import type { Shell } from './shell.ts'

/** What a command does with an open queue. Its module is loaded when it is run. */
export type Run = (shell: Shell, queue: Queue, asked: Asked) => Promise<ExitName>

/** What a command does that goes by the queue's name only, because the queue need not be there. */
export type RunNamed = (shell: Shell, name: string, asked: Asked) => Promise<ExitName>

/** What a command does with two queues; it opens them itself, as one of them may have to be made. */
export type RunBetween = (shell: Shell, between: Between) => Promise<ExitName>

/** The queues that such a command was given, and its options. */
export interface Between {
  readonly from: string
  readonly to: string
  readonly flags: Flags
}

/** What the command line asks of a command. */
export interface Asked {
  /** Each id once; `[]` where none was given. */
  readonly ids: readonly string[]
  readonly flags: Flags
}

/** A command as data. */
export interface CommandSpec {
  readonly name: string
  readonly group: 'Looking' | 'Deciding' | 'Making'
  /** `queue`: may be named without -q; `ids`: at least one; `some ids`: none means all. */
  readonly takes: 'queue' | 'ids' | 'some ids' | 'two queues'
  readonly says: string
  readonly details: string
  readonly options: readonly OptionName[]
  readonly examples: readonly string[]
  /** Needs to see what became of tasks, also where that lies beside the queue. */
  readonly outcomes?: true
  readonly load: () => Promise<
    { readonly run: Run } | { readonly runNamed: RunNamed } | { readonly runBetween: RunBetween }
  >
}

/** Every command of `taskq`, in the order of its help. */
export const commands: readonly CommandSpec[] = [
  {
    name: 'status',
    group: 'Looking',
    takes: 'queue',
    says: 'how many tasks are ready, leased, done and dead',
    details:
      'Counts the tasks of each state. What the store cannot know is shown as "unknown" and left out of JSON. The rate is that of tasks that finished or died in the last minute, whoever works on them, or in the last hour where they were few. A store that cannot tell it at once is looked at twice with --rate, and again and again with --watch.',
    options: ['rate', 'watch', 'interval', 'json'],
    examples: ['taskq status sqlite:queue.db', 'taskq status -e config/task.env --watch'],
    load: () => import('./commands/status.ts'),
  },
  {
    name: 'list',
    group: 'Looking',
    takes: 'queue',
    says: 'the tasks, one a line',
    details:
      'Leased tasks first, then the ready ones (the next to be leased first), delayed, dead and done. A task that changes its state meanwhile may be missed. In a terminal long lines are cut.',
    options: ['state', 'limit', 'json'],
    examples: [
      'taskq list sqlite:queue.db --state dead',
      'taskq list sqlite:queue.db -s dead,leased --json | jq -r .id',
    ],
    outcomes: true,
    load: () => import('./commands/list.ts'),
  },
  {
    name: 'show',
    group: 'Looking',
    takes: 'ids',
    says: 'all that is known of single tasks',
    details: 'Parameters are shown digit by digit as the task gets them.',
    options: ['json'],
    examples: ['taskq show cell-17 -q sqlite:queue.db'],
    outcomes: true,
    load: () => import('./commands/show.ts'),
  },
  {
    name: 'retry-dead',
    group: 'Deciding',
    takes: 'some ids',
    says: 'make dead tasks ready again: all, or those named',
    details:
      'The tasks start over with no attempts charged. What is not dead is left alone and reported.',
    options: ['json'],
    examples: ['taskq retry-dead -q sqlite:queue.db', 'taskq retry-dead cell-17 cell-18'],
    outcomes: true,
    load: () => import('./commands/retry-dead.ts'),
  },
  {
    name: 'release',
    group: 'Deciding',
    takes: 'some ids',
    says: 'take leased tasks from their holders: all, or those named',
    details:
      'For workers that are gone: their tasks need not wait for the end of the lease. A worker that still lives loses the task: it can no longer finish it, and another runs it again. Attempts stay charged. Without ids or a worker it asks in a terminal, unless --yes is given.',
    options: ['worker', 'yes', 'json'],
    examples: [
      'taskq release -q sqlite:queue.db',
      'taskq release cell-17 -q sqlite:queue.db',
      'taskq release --worker vm-123 -q sqlite:queue.db',
    ],
    load: () => import('./commands/release.ts'),
  },
  {
    name: 'accept-code',
    group: 'Deciding',
    takes: 'queue',
    says: 'let tasks run with the code that is here, after a fix',
    details:
      'For TQ_CODE_CHECK=strict: tasks carry the code they were inserted with, and workers with other code hand them back. Shows how many tasks carry which code and asks; what is agreed to is kept with the queue. Running workers hear of it within 10 s. Where nobody can answer it does nothing without --yes.',
    options: ['task', 'yes', 'json'],
    examples: ['taskq accept-code sqlite:queue.db', 'taskq accept-code -e config/task.env --yes'],
    load: () => import('./commands/accept-code.ts'),
  },
  {
    name: 'remove',
    group: 'Deciding',
    takes: 'ids',
    says: 'forget tasks, whatever their state',
    details:
      'A task that is forgotten can be inserted again under its id. A worker that holds it loses it.',
    options: ['json'],
    examples: ['taskq remove cell-17 cell-18 -q sqlite:queue.db'],
    load: () => import('./commands/remove.ts'),
  },
  {
    name: 'cp',
    group: 'Deciding',
    takes: 'two queues',
    says: 'copy what is not finished into another queue',
    details:
      'Copies ready, delayed and leased tasks under their ids; the first queue stays as it is. Parameters keep every digit, whichever way the queues write them. Says exactly what could not be carried. Run again after it was cut off it does the rest.',
    options: ['dead', 'dryRun', 'json'],
    examples: [
      'taskq cp sqlite:queue.db fq:///shared/cells',
      'taskq cp fq:///shared/cells sqlite:again.db --dead',
    ],
    load: () => import('./commands/cp.ts'),
  },
  {
    name: 'mv',
    group: 'Deciding',
    takes: 'two queues',
    says: 'move what waits into another queue',
    details:
      'Moves ready and delayed tasks under their ids, a batch at a time: borrowed, inserted there, and only then removed here, so that a kill loses nothing. Run again it does the rest. What workers hold is left to them and counted.',
    options: ['dead', 'leased', 'dryRun', 'json'],
    examples: [
      'taskq mv sqlite:queue.db sqs://cells',
      'taskq mv fq:///shared/cells sqlite:queue.db --dry-run',
    ],
    load: () => import('./commands/mv.ts'),
  },
  {
    name: 'reset',
    group: 'Deciding',
    takes: 'queue',
    says: 'release all leased tasks, and count from zero again',
    details:
      'What release does to all leased tasks and then what rezero does, where the store has counters. Asks in a terminal, unless --yes is given.',
    options: ['yes', 'json'],
    examples: ['taskq reset fq:///shared/cells', 'taskq reset -e config/task.env --yes'],
    load: () => import('./commands/reset.ts'),
  },
  {
    name: 'rezero',
    group: 'Deciding',
    takes: 'queue',
    says: 'set the counters of insertions and completions to zero',
    details:
      'For queues that count as python-task-queue does; the tasks, results and dead tasks stay as they are.',
    options: ['json'],
    examples: ['taskq rezero fq:///shared/cells'],
    load: () => import('./commands/rezero.ts'),
  },
  {
    name: 'fsck',
    group: 'Deciding',
    takes: 'queue',
    says: 'look for what crashes and other programs left behind',
    details:
      'For queues of files. Changes nothing without --mend. Ends with 0 when nothing is left to mend.',
    options: ['mend', 'json'],
    examples: ['taskq fsck fq:///shared/cells', 'taskq fsck fq:///shared/cells --mend'],
    load: () => import('./commands/fsck.ts'),
  },
  {
    name: 'purge',
    group: 'Deciding',
    takes: 'queue',
    says: 'remove everything: tasks, results and reasons',
    details:
      'Shows first what will be lost and asks for the name of the queue. Where nobody can answer it does nothing without --yes.',
    options: ['yes', 'json'],
    examples: ['taskq purge sqlite:queue.db', 'taskq purge -e config/task.env --yes'],
    load: () => import('./commands/purge.ts'),
  },
  {
    name: 'create-queue',
    group: 'Making',
    takes: 'queue',
    says: 'make a queue where its store wants to be asked for it',
    details:
      'Topics, subscriptions and queues of a cloud are made by this alone, those for results and dead tasks with them; a file is also made by the first insert. What is there already stays as it is. Says what was made.',
    options: ['json'],
    examples: ['taskq create-queue pubsub://my-project/cells', 'taskq create-queue -e task.env'],
    load: () => import('./commands/create-queue.ts'),
  },
  {
    name: 'delete-queue',
    group: 'Making',
    takes: 'queue',
    says: 'delete a queue with all that is in it',
    details:
      'Shows first what will be deleted and asks for the name of the queue. In a cloud only what create-queue made is deleted. Where nobody can answer it does nothing without --yes.',
    options: ['yes', 'json'],
    examples: ['taskq delete-queue sqlite:queue.db', 'taskq delete-queue -e task.env --yes'],
    load: () => import('./commands/delete-queue.ts'),
  },
]
