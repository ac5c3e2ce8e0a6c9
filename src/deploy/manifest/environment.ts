import { amount } from '../config/check.ts'
import type { Configuration } from '../config/read.ts'
import { parseBytes, parseCpu } from '../quantity.ts'

/** What a pod's worker is told: all of task.env, and what follows from the size of the pod. */
export function workerEnvironment({
  task,
  settings,
}: Configuration): Readonly<Record<string, string>> {
  const own = Object.fromEntries(task.values)
  const runners = runnersOf(own, settings.CPU_REQUEST)
  return {
    ...derived(settings.GRACE_SECONDS, amount(parseBytes(settings.MEMORY_LIMIT)), runners),
    ...(settings.TASK_MODE === 'job' && { TQ_UNTIL: 'idle' }),
    ...(own['AWS_ROLE_ARN'] && { AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/aws/token' }),
    ...own,
  }
}

/** Memory that the worker itself needs beside its runners. */
const SUPERVISOR_MIB = 200
/** No runner is given less than this, which Node alone needs. */
const LEAST_RUNNER_MIB = 64
/** Time for the worker to hand back what it holds before its pod is killed. */
const HANDING_BACK_SECONDS = 3

function derived(graceSeconds: number, limitMiB: number, runners: number) {
  const each = Math.floor((limitMiB - SUPERVISOR_MIB) / runners)
  return {
    // Without a CPU limit a pod sees all cores of its machine and would start a runner for each.
    TQ_CONCURRENCY: String(runners),
    // The kernel would end the whole pod (memory.oom.group); the worker ends one runner before that.
    TQ_MEMORY_LIMIT: `${Math.max(LEAST_RUNNER_MIB, each)}Mi`,
    TQ_SHUTDOWN_GRACE_SECONDS: String(Math.max(1, graceSeconds - HANDING_BACK_SECONDS)),
    TQ_HEARTBEAT_FILE: '/tmp/taskq-heartbeat',
  }
}

function runnersOf(own: Readonly<Record<string, string>>, cpuRequest: string): number {
  const given = Number(own['TQ_CONCURRENCY'])
  if (given >= 1) return Math.floor(given)
  return Math.max(1, Math.floor(amount(parseCpu(cpuRequest)) / 1000))
}
