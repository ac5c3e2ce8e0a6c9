import { createHash } from 'node:crypto'
import type { Value } from '../templates/render.ts'

/** The labels that everything of ours carries. What lacks them is never deleted. */
export const LABELS = {
  managedBy: 'app.kubernetes.io/managed-by',
  task: 'app.kubernetes.io/name',
} as const

/** The value of the label `managed-by`, on a cluster and on what runs in it. */
export const MANAGER = 'taskq'

/** The selector for objects of one fleet. */
export function selectorOf(taskName: string): string {
  return `${LABELS.managedBy}=${MANAGER},${LABELS.task}=${taskName}`
}

/** The namespace of a fleet. */
export function namespaceOf(taskName: string): string {
  return `taskq-${taskName}`
}

/** Eight characters that stand for a content: the same for the same, whatever the order of keys. */
export function hashOf(content: Value): string {
  return createHash('sha256').update(canonical(content)).digest('hex').slice(0, 8)
}

function canonical(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object') return JSON.stringify(value)
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join()}}`
}
