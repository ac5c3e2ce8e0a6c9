import { type KubeConfig, Watch } from '@kubernetes/client-node'
import { TaskqError } from 'taskq-runtime'
import { unlessAborted } from '../unless-aborted.ts'
import { objectOf, type WatchEvent } from './api.ts'
import { unreachable } from './unreachable.ts'

/** Events of a collection as they come; ends when the server ends it. */
export async function* watchOf(
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
