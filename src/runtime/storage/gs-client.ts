import { isTaskqError, TaskqError } from '../queue/errors.ts'
import type { BucketAddress } from './bucket.ts'
import { type Tokens, tokensOf } from './gs-tokens.ts'
import { waitSeconds } from './patience.ts'
import type { StoreOptions } from './store.ts'

/** One call of the service. */
export interface GsCall {
  /** Below the service's address, or a whole address that the service gave. */
  readonly path: string
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer<ArrayBuffer>
  readonly signal?: AbortSignal | undefined
  /** Statuses that mean "not there" or "not so": the answer is then `undefined`. */
  readonly absent?: readonly number[]
  /** Statuses besides 2xx that are an answer. */
  readonly accepted?: readonly number[]
}

/** Calls Google Cloud Storage, patiently. */
export interface GsClient {
  /** Tries again what may pass; throws `unavailable` or `invalid`. */
  readonly call: (call: GsCall) => Promise<Response | undefined>
}

const service = 'https://storage.googleapis.com'

/** A client with credentials from a CloudFiles secret file, else from Google's own chain. */
export async function connectGs(
  url: string,
  { bucket, endpoint: named }: BucketAddress,
  { env, tries, silenceSeconds, random }: Required<StoreOptions>,
): Promise<GsClient> {
  const local = named ?? env['STORAGE_EMULATOR_HOST']
  const origin = local === undefined ? service : local.includes('://') ? local : `http://${local}`
  const tokenOf = local === undefined ? await tokensOf(bucket, env, url) : undefined
  const call = async (asked: GsCall): Promise<Response | undefined> => {
    const { absent = [], accepted = [] } = asked
    for (let failures = 0; ; ) {
      const answer = await send(asked, { origin, tokenOf, silenceSeconds })
      if (answer instanceof Response) {
        if (answer.ok || accepted.includes(answer.status)) return answer
        if (absent.includes(answer.status)) {
          await answer.body?.cancel()
          return undefined
        }
      }
      failures += 1
      const isPassing = !(answer instanceof Response) || passing.includes(answer.status)
      if (!isPassing || failures >= tries) throw await faultOf(url, answer, isPassing)
      if (answer instanceof Response) await answer.body?.cancel()
      await waitSeconds(failures, random, asked.signal)
    }
  }
  return { call }
}

async function send(
  { path, method = 'GET', query = {}, headers = {}, body, signal }: GsCall,
  {
    origin,
    tokenOf,
    silenceSeconds,
  }: {
    readonly origin: string
    readonly tokenOf: Tokens | undefined
    readonly silenceSeconds: number
  },
): Promise<Response | Error> {
  const address = new URL(path, origin)
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value)
  const silence = new AbortController()
  // Only until it begins to answer: what comes then may take its time.
  const timer = setTimeout(() => silence.abort(tooLong(silenceSeconds)), silenceSeconds * 1000)
  try {
    const token = await tokenOf?.()
    return await fetch(address, {
      ...{ method, body: body ?? null },
      signal: signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]),
      headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    })
  } catch (error) {
    signal?.throwIfAborted()
    if (isTaskqError(error, 'invalid')) throw error
    return error instanceof Error ? error : new Error(String(error))
  } finally {
    clearTimeout(timer)
  }
}

function tooLong(seconds: number): Error {
  return new Error(`no answer within ${seconds} s`)
}

/** Statuses that another try may not meet again. */
const passing: readonly number[] = [408, 429, 500, 502, 503, 504]

const advices: Readonly<Record<number, string>> = {
  401: 'Log in again: gcloud auth application-default login',
  403: 'Give this account the role Storage Object User on the bucket.',
  404: 'There is no such bucket. Make it, or correct its name.',
}

async function faultOf(
  url: string,
  answer: Response | Error,
  isPassing: boolean,
): Promise<TaskqError> {
  const code = isPassing ? 'unavailable' : 'invalid'
  if (!(answer instanceof Response))
    return new TaskqError(code, `${url} cannot be reached. Check the network and try again.`, {
      cause: answer,
    })
  const said = await messageOf(answer)
  const advice = advices[answer.status] ?? (isPassing ? 'Try again.' : 'Check the address.')
  return new TaskqError(code, `${url} answered ${answer.status}: ${said}. ${advice}`)
}

async function messageOf(answer: Response): Promise<string> {
  const text = await answer.text().catch(() => '')
  try {
    const { error } = JSON.parse(text) as { readonly error?: { readonly message?: unknown } }
    if (typeof error?.message === 'string') return error.message.replace(/\.$/, '')
  } catch {
    // Some answers, such as those of a proxy, are plain text.
  }
  return text.slice(0, 200).trim() || answer.statusText
}
