import { basename } from 'node:path'
import { TaskqError } from '../queue/errors.ts'
import { type Spool, spool } from './spool.ts'
import type { TableLimits, TableOptions } from './table.ts'

/** Fetches an `https:` URL to a temporary file, because a table is read twice. */
export async function download(
  url: string,
  options: TableOptions & { readonly limits: TableLimits },
): Promise<Spool> {
  const { pathname, origin } = new URL(url)
  // What follows the path may be a signature, which has no place in a message.
  const shown = `${origin}${pathname}`
  let response: Response
  try {
    response = await fetch(url, options.signal === undefined ? {} : { signal: options.signal })
  } catch (error) {
    throw new TaskqError(
      'unavailable',
      `${shown} cannot be fetched; check the address and the network.`,
      {
        cause: error,
      },
    )
  }
  if (!response.ok || response.body === null) {
    await response.body?.cancel()
    throw new TaskqError(
      response.status >= 500 ? 'unavailable' : 'invalid',
      `${shown} answered ${response.status} ${response.statusText}; check the address and that it may be read without a login.`,
    )
  }
  if (new URL(response.url || url).protocol !== 'https:') {
    await response.body.cancel()
    throw new TaskqError('invalid', `${shown} led to an address without https; give one with it.`)
  }
  const promised = Number(response.headers.get('content-length') ?? Number.NaN)
  const encoded = response.headers.get('content-encoding') !== null
  return await spool(
    bounded(response.body, shown, options.limits.downloadBytes, encoded ? Number.NaN : promised),
    safeName(pathname),
  )
}

async function* bounded(
  body: AsyncIterable<Uint8Array>,
  shown: string,
  maxBytes: number,
  promised: number,
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  try {
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
  } catch (error) {
    if (error instanceof TaskqError) throw error
    throw new TaskqError('unavailable', `${shown} broke off after ${bytes} bytes; try again.`, {
      cause: error,
    })
  }
  if (!Number.isNaN(promised) && bytes !== promised) {
    throw new TaskqError(
      'unavailable',
      `${shown} broke off after ${bytes} of ${promised} bytes; try again.`,
    )
  }
}

function safeName(pathname: string): string {
  const name = basename(pathname).replaceAll(/[^A-Za-z0-9._-]/g, '_')
  // What was fetched is data: it is never taken for a program.
  return /^[A-Za-z0-9]/.test(name) && !name.toLowerCase().endsWith('.ts')
    ? name.slice(-200)
    : 'table'
}
