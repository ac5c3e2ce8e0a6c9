import { asCorrupt } from './faults.ts'
import type { TableFile } from './file.ts'
import type { Batch, Column, Source } from './table.ts'

/** What a reader knows after its first pass, and its second. */
export interface Scanned {
  readonly columns: readonly Column[]
  readonly rowCount: number
  batches(): AsyncIterable<Batch>
}

/**
 * Runs a reader's first pass and makes a source of it, unless the file changed meanwhile. What goes
 * wrong is the fault of the file, but for the reason of an abort.
 */
export async function sourceOfFile(
  file: TableFile,
  signal: AbortSignal | undefined,
  scan: () => Promise<Scanned>,
): Promise<Source> {
  try {
    const scanned = await scan()
    const fingerprint = await file.fingerprint()
    await file.checkUnchanged()
    return { ...scanned, name: file.name, fingerprint, close: () => file.close() }
  } catch (error) {
    throw signal?.aborted === true ? error : asCorrupt(file.name, error)
  }
}
