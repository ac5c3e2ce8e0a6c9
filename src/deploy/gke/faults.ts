import { TaskqError } from 'taskq-runtime'

/** Kinds of refusal that callers act on. */
export type GkeFault = 'absent' | 'exists' | 'other'

/** Which kind an error is; the codes differ by transport: gRPC 5 and 6, REST 404 and 409. */
export function faultOf(error: unknown): GkeFault {
  const code = codeOf(error instanceof TaskqError ? error.cause : error)
  if (code === 5 || code === 404) return 'absent'
  if (code === 6 || code === 409) return 'exists'
  return 'other'
}

/** An error of Google's API as a sentence that says what to do. */
export function gkeError(cause: unknown, doing: string, project: string): TaskqError {
  if (cause instanceof TaskqError) return cause
  const says = messageOf(cause)
  const known = adviceFor(codeOf(cause), says, project)
  const code = known?.code ?? 'unavailable'
  const advice = known?.advice ?? 'Run the same command again: it goes on where it was.'
  return new TaskqError(code, `${doing}: ${trimmed(says)} ${advice}`, { cause })
}

/** What to do about a refusal for want of machines; `undefined` when it is not that. */
export function capacityAdvice(says: string): string | undefined {
  if (/quota/i.test(says)) {
    return 'Ask for more quota in the Cloud console (IAM, Quotas), or lower TASK_REPLICAS or NUMBER_NODES.'
  }
  if (
    /RESOURCE_POOL_EXHAUSTED|stockout|does not have enough resources|out of resources/i.test(says)
  ) {
    return 'Google has no such machines there now. Try another GOOGLE_ZONE or GOOGLE_COMPUTE_TYPE, or NODE_PROVISIONING=spot-then-on-demand.'
  }
  return undefined
}

const SIGN_IN = 'Sign in: gcloud auth application-default login'

function adviceFor(code: number | undefined, says: string, project: string) {
  const invalid = (advice: string) => ({ code: 'invalid' as const, advice })
  if (/could not load the default credentials|invalid_grant|invalid_rapt|reauth/i.test(says)) {
    return invalid(SIGN_IN)
  }
  if (code === 16 || code === 401) return invalid(SIGN_IN)
  const capacity = capacityAdvice(says)
  if (capacity !== undefined) return invalid(capacity)
  if (/has not been used|is disabled|SERVICE_DISABLED/i.test(says)) {
    return invalid(
      `Switch the API on: gcloud services enable container.googleapis.com --project ${project}`,
    )
  }
  if (code === 7 || code === 403) {
    return invalid(
      `Check GOOGLE_PROJECT_NAME=${project}, and that you may do this there (role Kubernetes Engine Admin).`,
    )
  }
  if (code === 5 || code === 404) {
    return invalid(`Check GOOGLE_PROJECT_NAME=${project}, GOOGLE_ZONE and GOOGLE_CLUSTER_NAME.`)
  }
  if (code === 3 || code === 400) return invalid('Correct config/cluster.env.')
  if (code === 9)
    return {
      code: 'unavailable' as const,
      advice: 'Something else is still being done there: try again in a minute.',
    }
  return undefined
}

function codeOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  for (const name of ['code', 'status']) {
    const code: unknown = Reflect.get(error, name)
    if (typeof code === 'number') return code
    if (typeof code === 'string' && /^\d+$/.test(code)) return Number(code)
  }
  return undefined
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** gRPC puts its code before the message, its client all earlier tries after it, and Google a link. */
function trimmed(says: string): string {
  const tried = /^Total timeout of API \S+ exceeded (\d+) milliseconds retrying error Error: (.+)$/s
  const [, milliseconds, last] = tried.exec(says) ?? []
  const [line = ''] = (last ?? says)
    .replace(/^\d+ \w+: /, '')
    .replace('Getting metadata from plugin failed with error: ', '')
    .split('\n')
  // After a comma, or the last error of a name server, come measurements of the client's own.
  const plain = last === undefined ? line : (/^[^.,]+(\.\d[^.,]*)?/.exec(line)?.[0] ?? line)
  const seconds = Number(milliseconds) / 1000
  const text = last === undefined ? plain.trim() : `${plain.trim()}, for ${seconds} s`
  return /[.!?]$/.test(text) ? text : `${text}.`
}
