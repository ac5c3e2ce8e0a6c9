import manifest from '../package.json' with { type: 'json' }
import type { TaskTimes } from '../worker/task-times.ts'
import { type Metric, type Sample, writeExposition } from './exposition.ts'
import type { Look } from './look.ts'

/** What is told of a worker beside a look at it. */
export interface MetricFacts {
  readonly worker: string
  readonly times: Pick<TaskTimes, 'totalSeconds' | 'totalTasks' | 'medianSeconds'>
  readonly isWell: boolean
}

/** The text of /metrics. */
export function workerMetrics(look: Look, facts: MetricFacts): string {
  return writeExposition(metricsOf(look, facts))
}

/** The metrics of one worker. Those that begin with `taskq_queue_` are of the whole queue. */
function metricsOf(look: Look, { worker, times, isWell }: MetricFacts): readonly Metric[] {
  const { report, counts } = look
  const { done, dead, retried, released, lost } = report
  return [
    gauge('taskq_worker_info', 'Names the worker and its version.', [
      { labels: { worker, version: manifest.version }, value: 1 },
    ]),
    gauge('taskq_worker_well', 'Whether the loop of the worker comes round.', one(isWell ? 1 : 0)),
    counter(
      'taskq_tasks_total',
      'Runs of this worker by what became of them.',
      by('outcome', { done, dead, retried, released, lost }),
    ),
    counter(
      'taskq_failures_total',
      'Failed runs of this worker by kind.',
      by('kind', report.failures),
    ),
    gauge('taskq_tasks_in_flight', 'Tasks that this worker holds.', one(look.inFlight)),
    gauge('taskq_tasks_slow', 'Running tasks beyond 20 times the median.', one(look.slow.length)),
    {
      ...{ name: 'taskq_task_seconds', type: 'summary', help: 'Time that runs took.' },
      samples: [
        { suffix: '_sum', value: times.totalSeconds },
        { suffix: '_count', value: times.totalTasks },
      ],
    },
    gauge('taskq_task_median_seconds', 'Median of the latest runs.', one(times.medianSeconds)),
    gauge('taskq_task_slowest_seconds', 'The longest run so far.', one(look.slowestSeconds)),
    gauge(
      'taskq_memory_bytes',
      'Resident memory.',
      by('of', { worker: look.memoryBytes, runners: look.runnerBytes }),
    ),
    gauge('taskq_queue_tasks', 'Tasks of the whole queue by state.', by('state', { ...counts })),
    gauge(
      'taskq_queue_seconds_left',
      'Until nothing is left at the present rate.',
      one(look.secondsLeft),
    ),
  ]
}

function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: 'gauge', help, samples }
}

function counter(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: 'counter', help, samples }
}

function one(value: number | undefined): readonly Sample[] {
  return [{ value }]
}

function by(
  label: string,
  values: Readonly<Record<string, number | undefined>>,
): readonly Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }))
}
