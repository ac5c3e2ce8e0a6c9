import type { EventEmitter } from 'node:events'

/** How a worker is told to stop from outside. */
export interface StopSignals {
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal
  /** Aborted by the second: no grace. */
  readonly now: AbortSignal
  /** Which signal was the first; `undefined` before there is one. */
  readonly by: () => NodeJS.Signals | undefined
  readonly dispose: () => void
}

/** Listens for signals; `source` is the process, or what a test puts in its place. */
export function listenForStop(source: EventEmitter = process): StopSignals {
  const stop = new AbortController()
  const hurry = new AbortController()
  let by: NodeJS.Signals | undefined
  const onSignal = (name: NodeJS.Signals) => {
    by ??= name
    const reason = new Error(`got ${name}`)
    if (stop.signal.aborted) hurry.abort(reason)
    else stop.abort(reason)
  }
  for (const name of names) source.on(name, onSignal)
  return {
    signal: stop.signal,
    now: hurry.signal,
    by: () => by,
    dispose: () => {
      for (const name of names) source.off(name, onSignal)
    },
  }
}

/** SIGHUP: the terminal is closed; what runs there should tidy up as well. */
const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
