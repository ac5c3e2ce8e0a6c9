import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TaskqError } from '../queue/errors.ts'

/** Makes a folder of our own where this machine has its temporary files; its name begins with `taskq-<use>-`. */
export async function makeTemporaryFolder(use: string): Promise<string> {
  const place = tmpdir()
  try {
    return await mkdtemp(join(place, `taskq-${use}-`))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new TaskqError(
      'invalid',
      `No temporary folder can be made in ${place}: ${why}. Make room there, or name another folder in TMPDIR.`,
      { cause },
    )
  }
}
