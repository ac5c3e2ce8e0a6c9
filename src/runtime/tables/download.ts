import { basename } from 'node:path'
import { TaskqError } from '../queue/errors.ts'
import { openAddress } from '../storage/open-file.ts'
import { type Spool, spool } from './spool.ts'
import type { TableLimits, TableOptions } from './table.ts'

/** Fetches the file at an `https:`, `s3:` or `gs:` address to a temporary one, because a table is read twice. */
export async function download(
  address: string,
  options: TableOptions & { readonly limits: TableLimits },
): Promise<Spool> {
  const { signal, limits } = options
  // What follows the path may be a signature, which has no place in a message.
  const shown = address.replace(/[?#].*$/s, '')
  const opened = await openAddress(address, signal === undefined ? {} : { signal })
  if (opened === undefined)
    throw new TaskqError('invalid', `There is no file at ${shown}; check the address.`)
  return await spool(bounded(opened.body, shown, limits.downloadBytes), safeName(shown))
}

async function* bounded(
  body: AsyncIterable<Uint8Array>,
  shown: string,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > maxBytes) {
      throw new TaskqError(
        'invalid',
        `${shown} is larger than ${maxBytes} bytes (limits.downloadBytes); fetch it yourself.`,
      )
    }
    yield chunk
  }
}

function safeName(path: string): string {
  const name = basename(path).replaceAll(/[^A-Za-z0-9._-]/g, '_')
  // What was fetched is data: it is never taken for a program.
  return /^[A-Za-z0-9]/.test(name) && !name.toLowerCase().endsWith('.ts')
    ? name.slice(-200)
    : 'table'
}
