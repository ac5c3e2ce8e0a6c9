import {
  HttpMethod,
  IsomorphicFetchHttpLibrary,
  KubeConfig,
  RequestContext,
  Watch,
} from '@kubernetes/client-node'
import { TaskqError } from 'taskq-runtime'
import { unlessAborted } from '../unless-aborted.ts'
import {
  type KubeAnswer,
  type KubeApi,
  type KubeRequest,
  objectOf,
  type WatchEvent,
} from './api.ts'
import { type Busy, unlessBusy } from './busy.ts'

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
    return made
  }
  const renew = async () => {
    fetched = await token()
  }
  return kubeOf(config, server, renew, longestMilliseconds)
}

/** Opens a cluster of a kubeconfig file by the name of its context, never by the current one. */
export function openKubeConfig(path: string, context: string | undefined): KubeApi {
  const config = new KubeConfig()
  try {
    config.loadFromFile(path)
  } catch (cause) {
    throw new TaskqError('invalid', `The kubeconfig ${path} cannot be read. Check the path.`, {
      cause,
    })
  }
  const names = config.getContexts().map(({ name }) => name)
  const name = context ?? (names.length === 1 ? names[0] : undefined)
  if (name === undefined || !names.includes(name)) {
    throw new TaskqError(
      'invalid',
      `Name a context of ${path} by --context: ${names.join(', ')}. The current one is not used, for it changes behind one's back.`,
    )
  }
  config.setCurrentContext(name)
  return kubeOf(() => config, config.getCurrentCluster()?.server ?? '', undefined)
}

function kubeOf(
  config: () => KubeConfig,
  server: string,
  renew: (() => Promise<void>) | undefined,
  longestMilliseconds = 30_000,
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
    await current.applySecurityAuthentication(context)
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
        if (answer.status !== 401 || renew === undefined) return answer
        // Tokens live for an hour, fleets longer.
        await renew()
        current = config()
        return await unlessBusy(() => once(request), request.signal)
      } catch (cause) {
        throw request.signal.aborted ? request.signal.reason : unreachable(server, cause)
      }
    },
    watch: (path, query, signal) => watchOf(current, server, path, query, signal),
  }
}

async function* watchOf(
  config: KubeConfig,
  server: string,
  path: string,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent> {
  const events: WatchEvent[] = []
  let failure: unknown
  let ended = false
  let wake = () => {}
  const watch = new Watch(config)
  const begun = watch.watch(
    path,
    { ...query },
    (type: string, object: unknown) => {
      events.push({ type, object })
      wake()
    },
    (error: unknown) => {
      failure = error
      ended = true
      wake()
    },
  )
  const stop = () => {
    ended = true
    wake()
    // A server that is silent keeps the library waiting for the first line of its answer.
    begun.then(
      request => request.abort(),
      () => {},
    )
  }
  signal.addEventListener('abort', stop)
  try {
    await unlessAborted(begun, signal)
    for (;;) {
      for (let event = events.shift(); event !== undefined; event = events.shift()) yield event
      signal.throwIfAborted()
      if (ended) {
        const error = watchFailure(failure, server)
        if (error !== undefined) throw error
        return
      }
      await new Promise<void>(resolve => {
        wake = resolve
        if (events.length > 0 || ended) resolve()
      })
    }
  } finally {
    signal.removeEventListener('abort', stop)
    stop()
  }
}

function watchFailure(failure: unknown, server: string): TaskqError | undefined {
  if (!failure) return undefined
  // The library ends what is quiet for half a minute: that is no fault.
  if (failure instanceof Error && failure.name === 'TimeoutError') return undefined
  const status = objectOf(failure)['statusCode']
  // Authentication ran out: the next list says so, and renews it.
  return status === 401
    ? new TaskqError('unavailable', 'The watch was refused.')
    : unreachable(server, failure)
}

function unreachable(server: string, cause: unknown): TaskqError {
  if (cause instanceof TaskqError) return cause
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  const says = inner instanceof Error ? inner.message : String(inner)
  const isSilent = inner instanceof Error && inner.name === 'TimeoutError'
  const why = isSilent ? 'it takes requests and says nothing' : says
  return new TaskqError(
    'unavailable',
    `The cluster at ${server} does not answer: ${why}. Check the network, then run the same command again.`,
    { cause },
  )
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
