/** What is known of tasks that their store deletes when they get old. */
export interface Ageing {
  /** How old a task gets before the store deletes it, finished or not. */
  readonly keptSeconds: number
  /** How old the oldest are, as far as anybody has seen; default 0. */
  readonly ageSeconds?: number | undefined
  /** Until nothing is left; `undefined` where nobody can say. */
  readonly secondsLeft: number | undefined
}

/** Where nobody knows how long the rest takes, the last part of the time is when to look. */
const lastPart = 0.2

/** Whether tasks will be deleted unfinished if all goes on as it does. */
export function willExpire({ keptSeconds, ageSeconds = 0, secondsLeft }: Ageing): boolean {
  const remainingSeconds = keptSeconds - ageSeconds
  return remainingSeconds < (secondsLeft ?? keptSeconds * lastPart)
}

/** Two weeks are the most that some stores offer; who has less should know. */
const enoughDays = 14

/** What somebody who has not set the retention of a queue should be told; `undefined` where it is enough. */
export function retentionNote(url: string, keptSeconds: number | undefined): string | undefined {
  const days = (keptSeconds ?? Number.POSITIVE_INFINITY) / 86_400
  if (days >= enoughDays) return undefined
  const text = days >= 1 ? counted(days, 'day') : counted(days * 24, 'hour')
  return `Warning: ${url} deletes tasks that are ${text} old, finished or not. If the work may take longer, raise its retention to ${enoughDays} days first.`
}

function counted(amount: number, unit: string): string {
  const whole = Math.floor(amount)
  return `${whole} ${unit}${whole === 1 ? '' : 's'}`
}
