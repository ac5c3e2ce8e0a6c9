import type { ExitName } from '../config/exit-codes.ts'
import type { Queue } from '../queue/queue.ts'
import type { Flags, OptionName } from './options.ts'
import type { Shell } from './shell.ts'

/** What a command does with an open queue. Its module is loaded when it is run. */
export type Run = (shell: Shell, queue: Queue, asked: Asked) => Promise<ExitName>

/** What the command line asks of a command. */
export interface Asked {
  /** Each id once; `[]` where none was given. */
  readonly ids: readonly string[]
  readonly flags: Flags
}

/** A command as data. */
export interface CommandSpec {
  readonly name: string
  readonly group: 'Looking' | 'Deciding'
  /** `queue`: may be named without -q; `ids`: at least one; `some ids`: none means all. */
  readonly takes: 'queue' | 'ids' | 'some ids'
  readonly says: string
  readonly details: string
  readonly options: readonly OptionName[]
  readonly examples: readonly string[]
  readonly load: () => Promise<{ readonly run: Run }>
}

/** Every command of `taskq`, in the order of its help. */
export const commands: readonly CommandSpec[] = [
  {
    name: 'status',
    group: 'Looking',
    takes: 'queue',
    says: 'how many tasks are ready, leased, done and dead',
    details:
      'Counts the tasks of each state. What the store cannot know is shown as "unknown" and left out of JSON. With --watch the rate is that of the last minute: tasks that finished or died.',
    options: ['watch', 'interval', 'json'],
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
    load: () => import('./commands/retry-dead.ts'),
  },
  {
    name: 'release',
    group: 'Deciding',
    takes: 'some ids',
    says: 'take leased tasks from their holders: all, or those named',
    details:
      'For workers that are gone: their tasks need not wait for the end of the lease. A worker that still lives loses the task: it can no longer finish it, and another runs it again. Attempts stay charged. Without ids it asks in a terminal, unless --yes is given.',
    options: ['yes', 'json'],
    examples: ['taskq release -q sqlite:queue.db', 'taskq release cell-17 -q sqlite:queue.db'],
    load: () => import('./commands/release.ts'),
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
]
