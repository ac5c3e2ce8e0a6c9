import { TaskqError } from 'taskq-runtime'
import type { YamlObject } from '../templates/yaml.ts'

/** One answer of a Kubernetes API server. */
export interface KubeAnswer {
  readonly status: number
  readonly body: unknown
  /** The texts of its `Warning` headers. */
  readonly warnings: readonly string[]
  /** What to do about credentials that were not taken, where gcloud has no part in it. */
  readonly signIn?: string
}

/** A request as it is sent, with nothing dropped and nothing added. */
export interface KubeRequest {
  readonly method: 'GET' | 'PATCH' | 'POST' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly contentType?: string
  readonly body?: YamlObject
  readonly signal: AbortSignal
}

/** A Kubernetes API server, as far as a fleet needs it. */
export interface KubeApi {
  /** Its address, for messages. */
  readonly server: string
  send(request: KubeRequest): Promise<KubeAnswer>
  /** Events of a watch as they come; ends when the server ends it. */
  watch(
    path: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent>
}

/** One change that a watch tells of. */
export interface WatchEvent {
  readonly type: string
  readonly object: unknown
}

/** The body of an answer that was good; a refusal becomes an error that says what to do. */
export function goodBody(answer: KubeAnswer, doing: string): unknown {
  if (answer.status >= 200 && answer.status < 300) return answer.body
  throw kubeError(answer, doing)
}

/** The body of an answer, or `undefined` when the object is not there. */
export function bodyIfThere(answer: KubeAnswer, doing: string): unknown {
  return answer.status === 404 ? undefined : goodBody(answer, doing)
}

/** A refusal as a sentence. The server's own text may hold a whole template: it is cut. */
export function kubeError(answer: KubeAnswer, doing: string): TaskqError {
  const says = shortened(statusOf(answer.body).message)
  const { code, advice } = adviceFor(answer, says)
  return new TaskqError(code, `${doing}: ${says} (${answer.status}). ${advice}`)
}

/** What a `Status` object of the server says. */
export function statusOf(body: unknown): {
  readonly message: string
  readonly reason: string
  readonly causes: readonly { readonly message: string; readonly field: string }[]
} {
  const object = objectOf(body)
  const causes = objectOf(object['details'])['causes']
  return {
    message: textOf(object['message']) || textOf(body) || 'the server gave no reason',
    reason: textOf(object['reason']),
    causes: (Array.isArray(causes) ? causes : []).map(each => ({
      message: textOf(objectOf(each)['message']),
      field: textOf(objectOf(each)['field']),
    })),
  }
}

/** An unknown value as an object to look into; empty when it is none. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** An unknown value as text; empty when it is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The longest text of a server that is passed on. */
const LONGEST = 300

function shortened(message: string): string {
  // An immutable template is told with all that is in it.
  const cut = message.replace(/Invalid value: \{.*\}(?=: )/s, 'Invalid value')
  return (cut.length > LONGEST ? `${cut.slice(0, LONGEST)}…` : cut).replace(/\.$/, '')
}

/** A slip in what is applied comes as a 500 without a reason. */
const SLIP = /field not declared|failed to convert|expected/

/** Whether a server was out of order when it answered, and may be well the next time. */
export function isOutOfOrder({ status, body }: KubeAnswer): boolean {
  const { message, reason } = statusOf(body)
  if (status === 500) return reason !== '' || !SLIP.test(message)
  return status === 502 || status === 503 || status === 504
}

function adviceFor({ status, signIn }: KubeAnswer, says: string) {
  if (status === 401) {
    return {
      code: 'invalid' as const,
      advice:
        signIn ??
        'The cluster does not take your credentials: gcloud auth application-default login',
    }
  }
  if (status === 403) {
    const advice = says.includes('being terminated')
      ? 'The namespace is being deleted: wait until it is gone, then run the same again.'
      : 'You may not do this there: ask for the role Kubernetes Engine Developer.'
    return { code: 'invalid' as const, advice }
  }
  if (status === 400 || status === 422 || SLIP.test(says)) {
    return {
      code: 'invalid' as const,
      advice: 'Correct templates/kube-task.yaml or config/cluster.env.',
    }
  }
  if (status === 404)
    return { code: 'invalid' as const, advice: 'Is it gone? Run apply-task again.' }
  return { code: 'unavailable' as const, advice: 'Run the same command again.' }
}
