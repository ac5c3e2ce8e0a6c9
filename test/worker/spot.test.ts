import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest'
import { awaitSpotNotice } from '../../src/runtime/worker/spot-notice.ts'
import { type Bench, openBench } from './bench.ts'
import { launch, waiting } from './launch.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.dispose())

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

/** A metadata server on loopback; answers its endpoint. */
async function serve(handle: Handler): Promise<string> {
  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** As AWS has it (IMDSv2): tokens by PUT, nothing without one, 404 until there is an action. */
function aws(actionOf: () => Promise<string | undefined>): Handler {
  return async ({ method, url, headers }, response) => {
    if (method === 'PUT' && url === '/latest/api/token') {
      const isAsked = /^\d+$/.test(String(headers['x-aws-ec2-metadata-token-ttl-seconds']))
      response.writeHead(isAsked ? 200 : 400).end('AQAE-token==')
    } else if (headers['x-aws-ec2-metadata-token'] !== 'AQAE-token==') response.writeHead(401).end()
    else if (url !== '/latest/meta-data/spot/instance-action') response.writeHead(404).end()
    else {
      const action = await actionOf()
      response.writeHead(action === undefined ? 404 : 200).end(action)
    }
  }
}

/** As Google has it: nothing without its header, `TRUE` once the instance is preempted. */
function google(isPreempted: (waits: boolean) => Promise<boolean>): Handler {
  return async ({ url = '', headers }, response) => {
    response.setHeader('Metadata-Flavor', 'Google')
    const { pathname, searchParams } = new URL(url, 'http://metadata')
    if (headers['metadata-flavor'] !== 'Google') response.writeHead(403).end()
    else if (pathname !== '/computeMetadata/v1/instance/preempted') response.writeHead(404).end()
    else
      response.end(
        (await isPreempted(searchParams.get('wait_for_change') === 'true')) ? 'TRUE' : 'FALSE',
      )
  }
}

const in90Seconds = () => new Date(Date.now() + 90_000).toISOString()

it.each(['aws', 'gcp'])(
  'a notice of %s: running tasks are told and may end, the rest is released at once, nothing is charged',
  async TQ_SPOT_NOTICES => {
    const begun = Promise.withResolvers<void>()
    const action = async () => {
      await begun.promise
      return `{"action":"terminate","time":"${in90Seconds()}"}`
    }
    const TQ_SPOT_ENDPOINT = await serve(
      TQ_SPOT_NOTICES === 'aws'
        ? aws(action)
        : google(async waits => {
            if (waits) await begun.promise
            return waits
          }),
    )
    await bench.insert(Array.from({ length: 30 }, () => ({ does: 'untilNotice' })))
    const worker = launch(
      { queue: bench.queue.url },
      { TQ_SPOT_NOTICES, TQ_SPOT_ENDPOINT, TQ_SHUTDOWN_GRACE_SECONDS: '600' },
    )
    await Promise.all([worker.hears(waiting('t0')), worker.hears(waiting('t1'))])
    begun.resolve()
    const notice = await worker.hears(({ event }) => event === 'spot-notice')
    expect(notice).toMatchObject({ source: TQ_SPOT_NOTICES })
    expect(await worker.gone).toBe(143)
    expect(await bench.queue.counts()).toMatchObject({ ready: 28, leased: 0, done: 2, dead: 0 })
    const { items } = await bench.queue.tasks.list({ states: ['ready'], max: 100 })
    expect(items.every(({ attempts }) => attempts === 0)).toBe(true)
    expect((await bench.results()).get('t0')?.value).toBe('left in time')
  },
)

it('"auto" finds Google, AWS, or neither, and a stop ends the watch', async () => {
  const wait = async (endpoint: string, signal = new AbortController().signal) =>
    await awaitSpotNotice({ source: 'auto', endpoint, signal })
  const asked: string[] = []
  const nobody: Handler = ({ url }, response) => {
    asked.push(String(url))
    response.writeHead(404).end()
  }
  const stop = new AbortController()
  const silent = google(async waits => {
    if (waits) stop.abort(new Error('enough'))
    return false
  })
  const [ofGoogle, ofAws, ofNobody, ofNothing, stopped] = await Promise.all([
    wait(await serve(google(async waits => waits))),
    wait(await serve(aws(async () => `{"action":"stop","time":"${in90Seconds()}"}`))),
    wait(await serve(nobody)),
    wait('http://127.0.0.1:1'),
    wait(await serve(silent), stop.signal),
  ])
  expect(ofGoogle).toEqual({ source: 'gcp' })
  expect(ofAws?.source).toBe('aws')
  expect(ofAws?.secondsLeft).toBeGreaterThan(60)
  expect([ofNobody, ofNothing, stopped]).toEqual([undefined, undefined, undefined])
  // A machine of neither is asked once and then left in peace.
  expect(asked).toHaveLength(2)
})

it('a simulated notice comes when it was ordered; who does not end by then is killed', async () => {
  await bench.insert([{ does: 'loop' }])
  const worker = launch({
    queue: bench.queue.url,
    simulateSpot: { afterSeconds: 1, delaySeconds: 0.3 },
  })
  await worker.hears(({ event }) => event === 'spot-notice')
  expect(await worker.gone).toBe('SIGKILL')
})
