import { quotedAddress } from '../queue/address.ts'
import { TaskqError } from '../queue/errors.ts'
import { refuseLogin } from './bucket.ts'
import { checkedKey } from './key.ts'
import { eachOf } from './many.ts'
import { waitSeconds } from './patience.ts'
import { type OpenAt, openResuming } from './resuming.ts'
import type { OpenedFile, Store, StoreModule, StoreOptions } from './store.ts'

/** A folder of a web server: read only. */
export const https: StoreModule = {
  scheme: 'https',
  example: 'https://host/folder',
  open: async (address, options) => storeAt(address, options),
}

function storeAt(address: string, options: Required<StoreOptions>): Store {
  if (!URL.canParse(address))
    throw new TaskqError(
      'invalid',
      `${quotedAddress(address)} is no address; write https://host/folder.`,
    )
  refuseLogin(address)
  const { origin, pathname } = new URL(address)
  const url = `${origin}${pathname.replace(/\/+$/, '')}`
  const urlOf = (key: string) =>
    `${url}/${checkedKey(key, url).split('/').map(encodeURIComponent).join('/')}`
  const refuse = (verb: string): never => {
    throw new TaskqError(
      'unsupported',
      `${url} cannot be ${verb}: a web server only gives files away by name. Use file:, s3: or gs:.`,
    )
  }
  return {
    url,
    list: () => refuse('listed'),
    read: (key, request = {}) => fetchFile(urlOf(key), { ...options, ...request }),
    write: async () => refuse('written to'),
    has: (keys, { signal } = {}) =>
      eachOf(keys, async key => {
        const answer = await ask(urlOf(key), { ...options, signal, method: 'HEAD' })
        await answer?.body?.cancel()
        return answer !== undefined
      }),
    remove: async () => refuse('cleared'),
  }
}

interface Asking {
  readonly tries: number
  readonly random: () => number
  readonly signal?: AbortSignal | undefined
  readonly fromByte?: number
  readonly method?: 'GET' | 'HEAD'
  readonly headers?: Readonly<Record<string, string>>
}

/** The file at one https: address, which may carry a signature; `undefined` when there is none. */
export async function fetchFile(url: string, asking: Asking): Promise<OpenedFile | undefined> {
  refuseLogin(url)
  const { fromByte = 0 } = asking
  const openAt: OpenAt = async (at, version) => {
    const headers = version === undefined ? {} : { 'if-range': version }
    const answer = await ask(url, { ...asking, fromByte: at, headers })
    return answer === undefined ? undefined : openedFrom(answer, at, url)
  }
  return await openResuming(openAt, fromByte, { ...asking, name: shown(url) })
}

function openedFrom(answer: Response, fromByte: number, url: string): OpenedFile {
  if (fromByte > 0 && answer.status !== 206)
    throw new TaskqError(
      'unavailable',
      `${shown(url)} broke off and cannot be taken up again at byte ${fromByte}; try again.`,
    )
  const length = answer.headers.get('content-length')
  const isEncoded = answer.headers.get('content-encoding') !== null
  const etag = answer.headers.get('etag') ?? undefined
  return {
    bytes: length === null || isEncoded ? undefined : fromByte + Number(length),
    // A weak tag does not promise the same bytes.
    version: isEncoded || etag?.startsWith('W/') ? undefined : etag,
    body: answer.body ?? emptyBody(),
  }
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}

/** Statuses that another try may not meet again. */
const passing: readonly number[] = [408, 429, 500, 502, 503, 504]

async function ask(url: string, asking: Asking): Promise<Response | undefined> {
  const { tries, random, signal, fromByte = 0, method = 'GET', headers } = asking
  for (let failures = 0; ; ) {
    const answer = await answerOf(url, {
      ...{ method, signal: signal ?? null },
      headers: { ...headers, ...(fromByte > 0 && { range: `bytes=${fromByte}-` }) },
    })
    if (answer instanceof Response && answer.ok) return await onlySecure(answer, url)
    if (answer instanceof Response) await answer.body?.cancel()
    if (answer instanceof Response && answer.status === 404) return undefined
    failures += 1
    const isPassing = !(answer instanceof Response) || passing.includes(answer.status)
    if (!isPassing || failures >= tries) throw faultOf(url, answer, isPassing)
    await waitSeconds(failures, random, signal)
  }
}

async function answerOf(url: string, init: RequestInit): Promise<Response | Error> {
  try {
    return await fetch(url, init)
  } catch (error) {
    init.signal?.throwIfAborted()
    return error instanceof Error ? error : new Error(String(error))
  }
}

async function onlySecure(answer: Response, url: string): Promise<Response> {
  if (new URL(answer.url || url).protocol === 'https:') return answer
  await answer.body?.cancel()
  throw new TaskqError(
    'invalid',
    `${shown(url)} led to an address without https; give one with it.`,
  )
}

function faultOf(url: string, answer: Response | Error, isPassing: boolean): TaskqError {
  const isResponse = answer instanceof Response
  const what = isResponse
    ? `${shown(url)} answered ${answer.status} ${answer.statusText}; check the address and that it may be read without a login.`
    : `${shown(url)} cannot be fetched; check the address and the network.`
  const cause = isResponse ? {} : { cause: answer }
  return new TaskqError(isPassing ? 'unavailable' : 'invalid', what, cause)
}

/** What follows the path may be a signature, which has no place in a message. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}
