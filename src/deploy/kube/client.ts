import {
  HttpMethod,
  IsomorphicFetchHttpLibrary,
  KubeConfig,
  RequestContext,
} from '@kubernetes/client-node'
import { TaskqError } from 'taskq-runtime'
import type { KubeAnswer, KubeApi, KubeRequest } from './api.ts'
import { type Busy, unlessBusy } from './busy.ts'
import { readKubeConfig, throughProxy } from './kubeconfig.ts'
import { programOf, signInAdvice } from './sign-in.ts'
import { unreachable } from './unreachable.ts'
import { watchOf } from './watched.ts'

/** A cluster by its address, a certificate of its own and a token that is asked for when one is needed. */
export interface KubeAccess {
  readonly server: string
  /** PEM in base64; absent where the address has a certificate that everybody knows. */
  readonly certificate?: string
  readonly token: () => Promise<string>
  /** The longest wait for one answer; 30 s. */
  readonly longestMilliseconds?: number
}

/** Opens a cluster whose credentials stay in memory: no file, no current context. */
export async function openKube({
  server,
  certificate,
  token,
  longestMilliseconds,
}: KubeAccess): Promise<KubeApi> {
  let fetched = await token()
  const config = () => {
    const made = new KubeConfig()
    made.loadFromClusterAndUser(
      { name: 'fleet', server, skipTLSVerify: false, ...(certificate && { caData: certificate }) },
      { name: 'fleet', token: fetched },
    )
    return throughProxy(made)
  }
  const renew = async () => {
    fetched = await token()
  }
  return kubeOf(config, server, renew, { longestMilliseconds })
}

/** Opens a cluster of a kubeconfig file by the name of its context, never by the current one. */
export function openKubeConfig(path: string, context: string | undefined): KubeApi {
  const read = () => throughProxy(readKubeConfig(path, context))
  // Read anew, a file has the token that somebody put there, and a program is asked for another one.
  return kubeOf(read, read().getCurrentCluster()?.server ?? '', async () => {}, {
    refused: config => signInAdvice(path, config, Date.now()),
  })
}

interface Manner {
  /** The longest wait for one answer; 30 s. */
  readonly longestMilliseconds?: number | undefined
  /** What to do about credentials that are not taken, where gcloud is not to be asked. */
  readonly refused?: (config: KubeConfig) => string
}

function kubeOf(
  config: () => KubeConfig,
  server: string,
  renew: () => Promise<void>,
  { longestMilliseconds = 30_000, refused }: Manner,
): KubeApi {
  let current = config()
  const library = new IsomorphicFetchHttpLibrary()
  const once = async (request: KubeRequest): Promise<KubeAnswer & Busy> => {
    const context = new RequestContext(
      urlOf(server, request.path, request.query),
      HttpMethod[request.method],
    )
    if (request.body !== undefined) {
      context.setHeaderParam('content-type', request.contentType ?? 'application/json')
      context.setBody(JSON.stringify(request.body))
    }
    context.setHeaderParam('accept', 'application/json')
    // A server that takes a request and says nothing would be waited for for ever.
    const limit = AbortSignal.timeout(longestMilliseconds)
    context.setSignal(AbortSignal.any([request.signal, limit]))
    await signIn(current, context)
    const response = await library.send(context).toPromise()
    const text = await response.body.text()
    return {
      status: response.httpStatusCode,
      body: parsed(text),
      warnings: warningsIn(response.headers['warning'] ?? ''),
      retrySeconds: Number(response.headers['retry-after'] ?? 1),
    }
  }
  return {
    server,
    async send(request) {
      try {
        const answer = await unlessBusy(() => once(request), request.signal)
        if (answer.status !== 401) return answer
        // Tokens live for an hour, fleets longer.
        await renew()
        current = config()
        const again = await unlessBusy(() => once(request), request.signal)
        return again.status === 401 && refused ? { ...again, signIn: refused(current) } : again
      } catch (cause) {
        throw request.signal.aborted ? request.signal.reason : unreachable(server, cause)
      }
    },
    watch: (path, query, signal) => watchOf(current, server, path, query, signal),
  }
}

/** A program that signs a user in may be absent or fail, which is no fault of the network. */
async function signIn(config: KubeConfig, context: RequestContext): Promise<void> {
  try {
    await config.applySecurityAuthentication(context)
  } catch (cause) {
    const user = config.getCurrentUser()
    const program = user === null ? undefined : programOf(user)
    if (program === undefined) throw cause
    const says = (cause instanceof Error ? cause.message : '').trim().split('\n')[0] || 'no reason'
    throw new TaskqError(
      'invalid',
      `The program ${program}, by which the kubeconfig signs ${user?.name} in, failed: ${says}. Run it by hand, install it, or sign in anew with the tool it belongs to.`,
      { cause },
    )
  }
}

function urlOf(server: string, path: string, query: KubeRequest['query']): string {
  const search = new URLSearchParams(query).toString()
  return `${server}${path}${search === '' ? '' : `?${search}`}`
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** `299 - "text"`, several of them joined by commas. */
function warningsIn(header: string): readonly string[] {
  return [...header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replaceAll(/\\(.)/g, '$1'),
  )
}
