/** How a run can fail; counted and switched apart. */
export const failureKinds = ['exception', 'timeout', 'exit', 'memory'] as const

/** `exception`: thrown; `timeout`: took too long; `exit`: its process ended; `memory`: ran out of it. */
export type FailureKind = (typeof failureKinds)[number]

/** How a run ended that counts and brought no result. */
export type Ending =
  | { readonly kind: 'retry'; readonly afterSeconds?: number; readonly reason?: string }
  | { readonly kind: 'give-up'; readonly reason: string }
  | { readonly kind: 'failed'; readonly failure: FailureKind; readonly reason: string }

/** How often and after which failures a task is run again, and how long it waits before that. */
export interface RetryPolicy {
  readonly maxAttempts: number
  readonly retryOn: ReadonlySet<FailureKind>
  /** The wait after the first failure; doubles with each further one. */
  readonly firstSeconds: number
  readonly mostSeconds: number
}

/** What is to be done with a task that has no result. */
export type Verdict =
  | { readonly kind: 'again'; readonly afterSeconds: number }
  | { readonly kind: 'dead'; readonly reason: string }

/** Decides what is to be done with a task after its run number `attempt` (from 1). */
export function decide(
  ending: Ending,
  attempt: number,
  policy: RetryPolicy,
  random: () => number,
): Verdict {
  if (ending.kind === 'give-up') return { kind: 'dead', reason: `gave up: ${ending.reason}` }
  const reason =
    ending.kind === 'failed'
      ? `${ending.failure}: ${ending.reason}`
      : (ending.reason ?? 'retry asked for')
  if (ending.kind === 'failed' && !policy.retryOn.has(ending.failure))
    return { kind: 'dead', reason: `${reason} (not retried: TQ_RETRY_ON)` }
  if (attempt >= policy.maxAttempts)
    return { kind: 'dead', reason: `${reason} (attempt ${attempt} of ${policy.maxAttempts})` }
  const asked = ending.kind === 'retry' ? ending.afterSeconds : undefined
  return { kind: 'again', afterSeconds: asked ?? backOff(attempt, policy, random) }
}

/** Doubles with each attempt; somewhere in the upper half, so that what failed together parts. */
function backOff(attempt: number, policy: RetryPolicy, random: () => number): number {
  const full = Math.min(policy.mostSeconds, policy.firstSeconds * 2 ** (attempt - 1))
  return full * (0.5 + random() / 2)
}
