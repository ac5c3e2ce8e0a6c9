import { TaskqError } from '../queue/errors.ts'
import { waitSeconds } from './patience.ts'
import type { OpenedFile } from './store.ts'

/** How a broken body is asked for once more: from a byte on, of the very same version. */
export type Reopen = (fromByte: number, version: string) => Promise<OpenedFile | undefined>

/**
 * The body of `opened`, whole: a connection that breaks off is taken up again where it ended, as long as the
 * file is still the same. Throws `unavailable` when it cannot be.
 */
export async function* resuming(
  opened: OpenedFile,
  fromByte: number,
  reopen: Reopen,
  how: {
    readonly name: string
    readonly tries: number
    readonly random: () => number
    readonly signal?: AbortSignal | undefined
  },
): AsyncGenerator<Uint8Array> {
  const { name, tries, random, signal } = how
  let [body, at, failures] = [opened.body, fromByte, 0]
  while (true) {
    try {
      for await (const chunk of body) {
        yield chunk
        at += chunk.length
        failures = 0
      }
      if (opened.bytes === undefined || at >= opened.bytes) return
      throw new Error(`the connection ended after ${at} of ${opened.bytes} bytes`)
    } catch (cause) {
      if (signal?.aborted || cause instanceof TaskqError) throw cause
      failures += 1
      if (failures >= tries || opened.version === undefined) throw broken(name, at, cause)
      await waitSeconds(failures, random, signal)
      const again = await reopen(at, opened.version)
      if (again === undefined) throw broken(name, at, cause)
      body = again.body
    }
  }
}

function broken(name: string, at: number, cause: unknown): TaskqError {
  return new TaskqError('unavailable', `${name} broke off after ${at} bytes; try again.`, { cause })
}
