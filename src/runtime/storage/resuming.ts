import { TaskqError } from '../queue/errors.ts'
import { waitSeconds } from './patience.ts'
import type { OpenedFile } from './store.ts'

/** Asks for a file from a byte on; once more after a break, and then of the very same version. */
export type OpenAt = (fromByte: number, version?: string) => Promise<OpenedFile | undefined>

/** How a body is taken up again. */
export interface Resuming {
  /** The file's, for messages. */
  readonly name: string
  readonly tries: number
  readonly random: () => number
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens a file whose body comes whole: a connection that breaks off is taken up again where it ended, as long
 * as the file is still the same. The body throws `unavailable` when it cannot be.
 */
export async function openResuming(
  openAt: OpenAt,
  fromByte: number,
  how: Resuming,
): Promise<OpenedFile | undefined> {
  const opened = await openAt(fromByte)
  return opened && { ...opened, body: whole(opened, openAt, fromByte, how) }
}

async function* whole(
  opened: OpenedFile,
  openAt: OpenAt,
  fromByte: number,
  { name, tries, random, signal }: Resuming,
): AsyncGenerator<Uint8Array> {
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
      const again = await openAt(at, opened.version)
      if (again === undefined) throw broken(name, at, cause)
      body = again.body
    }
  }
}

function broken(name: string, at: number, cause: unknown): TaskqError {
  return new TaskqError('unavailable', `${name} broke off after ${at} bytes; try again.`, { cause })
}
