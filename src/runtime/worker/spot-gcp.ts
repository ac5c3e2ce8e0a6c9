import { askMetadata } from './metadata.ts'
import { pause, type SpotNotice, type SpotWatchOptions } from './spot-source.ts'

const path = '/computeMetadata/v1/instance/preempted'
const headers = { 'Metadata-Flavor': 'Google' }
/** The server holds the question for so long, and answers at once when something changes. */
const holdSeconds = 60
const pauseMilliseconds = 1000

/** Whether the metadata server is that of Google. */
export async function isGcp({ endpoint, signal }: SpotWatchOptions): Promise<boolean> {
  const answer = await askMetadata({ endpoint, signal, path, headers, timeoutSeconds: 2 })
  return answer?.flavor === 'Google'
}

/** Waits until the server says that this instance is being preempted. */
export async function awaitGcp({ endpoint, signal }: SpotWatchOptions): Promise<SpotNotice> {
  // What it is now is asked first: a change that has come before would never come again.
  let query = ''
  for (;;) {
    const asked = { endpoint, signal, headers, path: path + query, timeoutSeconds: holdSeconds + 5 }
    const answer = await askMetadata(asked)
    if (answer?.status === 200 && answer.body.trim() === 'TRUE') return { source: 'gcp' }
    query = `?wait_for_change=true&timeout_sec=${holdSeconds}`
    if (answer?.status !== 200) await pause(pauseMilliseconds, signal)
  }
}
