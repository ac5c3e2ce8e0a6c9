import { MANAGER } from '../manifest/names.ts'

/** The labels of a cluster and its machines. What lacks `managed-by` is never touched. */
export function clusterLabels(
  task: string,
  owner: string,
  now: number,
  expiresHours: number,
): Readonly<Record<string, string>> {
  return {
    'managed-by': MANAGER,
    'taskq-task': task,
    'taskq-owner': labelValue(owner),
    [DAY]: new Date(now + expiresHours * 3_600_000).toISOString().slice(0, 10),
  }
}

/** Whether it is ours to change and to delete. */
export function isOurs({ labels }: { readonly labels: Readonly<Record<string, string>> }): boolean {
  return labels['managed-by'] === MANAGER
}

/** Whether a cluster's last day is over; one without a day never expires. */
export function isExpired(labels: Readonly<Record<string, string>>, now: number): boolean {
  const day = labels[DAY]
  if (day === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(day)) return false
  return now >= Date.parse(`${day}T00:00:00Z`) + 86_400_000
}

/**
 * The labels of a cluster that is used again, with the later day; `undefined` when its own is as late,
 * or when it has none and never expires.
 */
export function withLaterDay(
  labels: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> | undefined {
  const [day, later] = [labels[DAY], wanted[DAY]]
  if (day === undefined || later === undefined || day >= later) return undefined
  return { ...labels, [DAY]: later }
}

const DAY = 'taskq-expires'

/** A text as Google takes it for the value of a label. */
function labelValue(text: string): string {
  const clean = text.toLowerCase().replaceAll(/[^a-z0-9_-]+/g, '-')
  return clean.replace(/^-+/, '').slice(0, 63) || 'unknown'
}
