import type { Counts } from '../queue/driver.ts'
import type { WorkEvent } from '../worker/events.ts'
import type { WorkReport } from '../worker/report.ts'
import type { LeftRun, WorkSummary } from '../worker/work-options.ts'

/** What whoever watches a worker is told, one by one: what happens, and now and then how it stands. */
export type Told =
  | WorkEvent
  | ({ readonly event: 'task-completed' } & Required<LeftRun>)
  | Summary
  | ({ readonly event: 'ended' } & WorkSummary)
  | {
      readonly event: 'tasks-expire'
      readonly ageSeconds: number
      readonly keptSeconds: number
      /** Absent where it cannot be told. */
      readonly secondsLeft?: number
    }
  | { readonly event: 'listening'; readonly url: string }
  | { readonly event: 'watch-trouble'; readonly what: string; readonly reason: string }

/** How the worker stands; told each minute, so it is the sign of life as well. */
export interface Summary extends Omit<WorkReport, 'runs'> {
  readonly event: 'summary'
  readonly perSecond: number
  /** Absent where it cannot be told. */
  readonly secondsLeft?: number
  /** Absent while there is something to do. */
  readonly endsInSeconds?: number
  readonly inFlight: number
  readonly slowestSeconds: number
  readonly slow: number
  readonly memoryBytes: number
  readonly runnerBytes: number
  /** Of the whole queue; absent while its store does not answer. */
  readonly queue?: Counts
}

/** How much somebody should mind. */
export type Level = 'info' | 'warn' | 'error'

type FieldsOf<Name> = Exclude<keyof Extract<Told, { readonly event: Name }>, 'event'>

/** Each kind of event: when it is told and what its fields say. The guide's table is tested against this. */
export const toldKinds = {
  started: {
    says: 'the task is loaded, leasing begins',
    fields: { queue: 'its URL', worker: 'the worker that works' },
  },
  'still-loading': {
    says: 'runners are at loading the task for 5 s or more; told ever less often',
    fields: {
      file: 'the file of the task',
      seconds: 'for how long',
      runners: 'how many; they run nothing meanwhile',
    },
  },
  listening: {
    says: 'metrics can be read',
    fields: { url: 'where' },
  },
  'task-completed': {
    says: 'a result is in the queue; only with `TQ_EVENTS_COMPLETED=yes`',
    fields: { task: 'its id', attempt: 'number of the run', seconds: 'how long the run took' },
  },
  'task-failed': {
    says: 'a run ended without a result',
    fields: {
      task: 'its id',
      attempt: 'number of the run',
      kind: '`exception`, `timeout`, `exit`, `memory`, `retry` or `give-up`',
      reason: 'why, in words',
      againAfterSeconds: 'when it is run again; absent: it is dead',
      output: 'the last of what it wrote; in the log only',
    },
  },
  'task-slow': {
    says: 'a task runs 20 times as long as half of the others, and at least 10 s',
    fields: { task: 'its id', seconds: 'how long so far', medianSeconds: 'what is usual' },
  },
  'lease-lost': {
    says: 'the task was cancelled or is with another worker; the run does not count',
    fields: { task: 'its id' },
  },
  'task-log': {
    says: '`context.log`; in the log only',
    fields: { task: 'its id', attempt: 'number of the run', message: 'what was logged' },
  },
  'task-progress': {
    says: '`context.progress`; in the log only, at most one a second',
    fields: { task: 'its id', fraction: 'from 0 to 1' },
  },
  output: {
    says: 'something was written to stdout or stderr; in the log only',
    fields: {
      text: 'what',
      task: 'who wrote it; absent where that cannot be told',
      attempt: 'number of the run',
    },
  },
  'lease-shortened': {
    says: 'leases of this queue are shorter than `TQ_LEASE_SECONDS`; they are renewed all the same',
    fields: { askedSeconds: 'what is set', seconds: 'what it is taken as' },
  },
  'tasks-expire': {
    says: 'the queue will delete tasks for their age before they are run; at most once an hour',
    fields: {
      ageSeconds: 'how old tasks are that were leased last',
      keptSeconds: 'how old they get',
      secondsLeft: 'until the queue is empty; absent where unknown',
    },
  },
  'store-trouble': {
    says: 'the queue does not answer; nothing new is begun',
    fields: { reason: 'why, in words' },
  },
  'store-recovered': {
    says: 'it answers again',
    fields: { seconds: 'how long it did not' },
  },
  'code-differs': {
    says: 'tasks were inserted with other code than this worker has; told once of each code',
    fields: {
      tasks: 'the hash of their code; of what is longer than a hash the first 64 characters',
      here: 'the hash of the code here',
      action: '`run` or `handed-back`',
    },
  },
  'spot-notice': {
    says: 'this machine is about to be taken away',
    fields: {
      source: '`aws`, `gcp` or `simulated`',
      secondsLeft: 'until then; absent where that was not told',
    },
  },
  'watch-trouble': {
    says: 'something that watches fails; the work goes on',
    fields: { what: 'such as the events file', reason: 'why, and what was lost' },
  },
  summary: {
    says: 'each minute: the sign of life',
    fields: {
      done: 'tasks finished by this worker',
      dead: 'tasks that died here',
      retried: 'runs that are to be repeated',
      released: 'tasks handed back without a charge',
      lost: 'outcomes refused',
      failures: 'failed runs by kind',
      perSecond: 'runs a second here',
      secondsLeft: 'until the queue is empty; absent where unknown',
      endsInSeconds:
        'until the worker ends if no task comes; absent while there is something to do',
      inFlight: 'tasks held',
      slowestSeconds: 'the longest run so far',
      slow: 'tasks that run far longer than usual',
      memoryBytes: 'of the worker',
      runnerBytes: 'of its runners',
      queue: 'counts of the whole queue; absent while it does not answer',
    },
  },
  'end-in-sight': {
    says: 'nothing is left, it seems, and the worker ends unless a task comes; at most once a minute',
    fields: {
      seconds: 'until it ends',
      since: '`counts-lag` or `counts-unknown`: why it has to wait to be sure',
    },
  },
  'waits-for-others': {
    says: 'nothing is left to begin, others hold the rest; after 15 s, then ever less often',
    fields: {
      tasks: 'how many',
      holders:
        'some of them: `worker`, `secondsLeft` until its leases end, `state`: `renews` them or is `silent`',
    },
  },
  stopping: {
    says: 'no new tasks are begun',
    fields: { reason: 'why, in words' },
  },
  'left-held': {
    says: 'the worker was told to stop and ends although the queue did not answer',
    fields: { tasks: 'how many it could not hand in; they come back when their leases end' },
  },
  ended: {
    says: 'the worker is done',
    fields: {
      end: '`drained`, `idle`, `max-tasks`, `max-seconds`, `failures` or `stopped`',
      reason: 'what failed last; only with `failures`',
      done: 'tasks finished by this worker',
      dead: 'tasks that died here',
      retried: 'runs that were to be repeated',
      released: 'tasks handed back without a charge',
      lost: 'outcomes refused',
      failures: 'failed runs by kind',
      runs: 'runs whose outcome is in the queue',
      seconds: 'how long it worked',
      slowestSeconds: 'the longest run',
    },
  },
} as const satisfies {
  readonly [Name in Told['event']]: {
    readonly says: string
    readonly fields: Readonly<Record<FieldsOf<Name>, string>>
  }
}

/** How much somebody should mind this one. */
export function levelOf(told: Told): Level {
  switch (told.event) {
    case 'task-failed':
      return told.againAfterSeconds === undefined ? 'error' : 'warn'
    case 'store-trouble':
      return 'error'
    case 'ended':
      return told.end === 'failures' ? 'error' : 'info'
    case 'lease-lost':
    case 'left-held':
    case 'still-loading':
    case 'task-slow':
    case 'tasks-expire':
    case 'watch-trouble':
      return 'warn'
    default:
      return 'info'
  }
}
