/** Where notices are looked for; `auto` finds out whether this machine is of AWS or of Google. */
export const spotSources = ['auto', 'aws', 'gcp', 'off'] as const
export type SpotSource = (typeof spotSources)[number]

/** This machine will be taken away soon. */
export interface SpotNotice {
  readonly source: 'aws' | 'gcp' | 'simulated'
  /** Until it is gone, where that was told. */
  readonly secondsLeft?: number
}

/** Whom to ask. */
export interface SpotWatchOptions {
  readonly source: SpotSource
  /** Of the metadata server: `http://169.254.169.254`. */
  readonly endpoint: string
  readonly signal: AbortSignal
}

/** Waits without keeping the process alive; rejects when the signal is aborted. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    timer.unref()
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}
