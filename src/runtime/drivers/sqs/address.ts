import { optionsIn, withoutPassword } from '../../queue/address.ts'
import { TaskqError } from '../../queue/errors.ts'

/** A queue of Amazon SQS as its URL names it; what the URL leaves open is found out by asking. */
export interface SqsAddress {
  readonly name: string
  /** The URL to make it by: its own as it was given, or that of the queue that it stands beside. */
  readonly home: string
  /** The queue's own URL, where that is how it was named. */
  readonly queueUrl: string | undefined
  readonly region: string
  /** Where requests go instead of the region's own address. */
  readonly endpoint: string | undefined
  /** How long the counts must say "nothing left" before that is believed. */
  readonly settleSeconds: number
}

/** Counts of SQS may lag by minutes. */
export const usualSettleSeconds = 180
const usualRegion = 'us-east-1'
const knownOptions = ['region', 'endpoint', 'settleSeconds'] as const

/** Takes apart what stands behind `sqs:`: `//NAME`, or `//` and a queue's own http(s) URL. */
export function parseSqsAddress(
  rest: string,
  env: Readonly<Record<string, string | undefined>>,
): SqsAddress {
  const [place = '', query = ''] = splitAt(rest.replace(/^\/\//, ''), '?')
  const options = readOptions(query)
  const own = /^https?:\/\//i.test(place) ? ownUrl(place) : undefined
  const name = own?.name ?? place.replace(/\/$/, '')
  refuseName(name)
  return {
    name,
    home: `sqs:${rest}`,
    queueUrl: own?.queueUrl,
    region:
      own?.region ??
      options.get('region') ??
      (set(env['AWS_REGION']) || set(env['AWS_DEFAULT_REGION']) || usualRegion),
    endpoint: endpointOf(options.get('endpoint'), env, own?.endpoint),
    settleSeconds: settleSecondsOf(options.get('settleSeconds')),
  }
}

/** The name of the queue that stands beside one for its dead tasks or its results. */
export function besideName(name: string, purpose: 'dead' | 'results'): string {
  return `${name.replace(/\.fifo$/, '')}-${purpose}`
}

function ownUrl(text: string) {
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '')
    throw invalid(
      `"${withoutPassword(text)}" is no URL of a queue. Write it as https://sqs.REGION.amazonaws.com/ACCOUNT/NAME; credentials are never part of it.`,
    )
  const name = url.pathname.split('/').findLast(part => part !== '') ?? ''
  const region = regionOf(url.hostname)
  const isUsual = /(^|\.)amazonaws\.com(\.cn)?$/.test(url.hostname) && !/vpce/.test(url.hostname)
  return {
    name,
    queueUrl: `${url.origin}${url.pathname.replace(/\/$/, '')}`,
    region,
    endpoint: isUsual ? undefined : url.origin,
  }
}

/** `sqs.eu-west-1.amazonaws.com`, a VPC's own door to it, and the older `eu-west-1.queue.amazonaws.com`. */
function regionOf(host: string): string | undefined {
  const match =
    /(?:^|\.)sqs(?:-fips)?\.([a-z0-9-]+)\./.exec(host) ??
    /^([a-z0-9-]+)\.queue\.amazonaws\.com/.exec(host)
  return match?.[1] ?? (host === 'queue.amazonaws.com' ? usualRegion : undefined)
}

/** What somebody sets on purpose goes before the address that a queue's URL happens to carry. */
function endpointOf(
  option: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  own: string | undefined,
): string | undefined {
  const text =
    option ?? (set(env['AWS_ENDPOINT_URL_SQS']) || set(env['AWS_ENDPOINT_URL']) || undefined)
  if (text === undefined) return own
  const url = URL.parse(text)
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '')
    return text
  throw invalid(
    `The endpoint for SQS, "${withoutPassword(text)}", is no address. Write endpoint=http://localhost:4566 in the queue's URL, or the same as AWS_ENDPOINT_URL_SQS.`,
  )
}

function settleSecondsOf(text: string | undefined): number {
  const seconds = text === undefined ? usualSettleSeconds : Number(text)
  if (text?.trim() !== '' && seconds >= 0 && seconds <= 86_400) return seconds
  throw invalid(`Option settleSeconds in the queue's URL takes 0 to 86400, not "${text}".`)
}

function readOptions(query: string): ReadonlyMap<string, string> {
  const options = optionsIn(query)
  for (const name of options.keys())
    if (!knownOptions.some(known => known === name))
      throw invalid(
        `Unknown option "${name}" in the queue's URL. Known here: ${knownOptions.join(', ')}.`,
      )
  const region = options.get('region')
  if (region !== undefined && !/^[a-z0-9-]+$/.test(region))
    throw invalid(`"${region}" is no region of AWS; write it as region=eu-west-1.`)
  return options
}

function refuseName(name: string): void {
  if (name.length <= 80 && /^[\w-]+(\.fifo)?$/.test(name)) return
  throw invalid(
    `"${withoutPassword(name)}" is no name of an SQS queue: letters, digits, - and _, at most 80, with .fifo at the end of a FIFO queue. Write sqs://NAME or sqs://https://sqs.REGION.amazonaws.com/ACCOUNT/NAME.`,
  )
}

/** A variable that is set to nothing is not set. */
function set(value: string | undefined): string {
  return value?.trim() ?? ''
}

function splitAt(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

function invalid(message: string): TaskqError {
  return new TaskqError('invalid', message)
}
