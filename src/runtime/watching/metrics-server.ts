import { createServer, type Server } from 'node:http'
import { type AddressInfo, isIPv6 } from 'node:net'
import { TaskqError } from '../queue/errors.ts'
import { expositionType } from './exposition.ts'

/** What the port answers. */
export interface MetricsPages {
  /** The text of /metrics. */
  readonly metrics: () => Promise<string>
  /** Whether /healthz answers 200 or 503. */
  readonly isWell: () => boolean
}

/** A port that is open. */
export interface MetricsServer {
  /** Where it can be asked. */
  readonly url: string
  readonly close: () => Promise<void>
}

/** Opens the port for /metrics and /healthz. Nothing can be changed through it. */
export async function serveMetrics(
  port: number,
  host: string,
  { metrics, isWell }: MetricsPages,
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, text: string) => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
      response.end(request.method === 'HEAD' ? '' : text)
    }
    const plain = 'text/plain; charset=utf-8'
    const [path] = (request.url ?? '').split('?')
    if (request.method !== 'GET' && request.method !== 'HEAD') answer(405, plain, 'GET only\n')
    else if (path === '/healthz') answer(isWell() ? 200 : 503, plain, isWell() ? 'ok\n' : 'hangs\n')
    else if (path === '/metrics')
      metrics().then(
        text => answer(200, expositionType, text),
        (error: unknown) => answer(500, plain, `${String(error)}\n`),
      )
    else answer(404, plain, 'There are /metrics and /healthz.\n')
  })
  server.headersTimeout = 5000
  server.requestTimeout = 5000
  server.maxConnections = 64
  await listening(server, port, host)
  // The port is no reason for the process to stay.
  server.unref()
  const { port: opened } = server.address() as AddressInfo
  return {
    url: `http://${isIPv6(host) ? `[${host}]` : host}:${opened}/metrics`,
    async close() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', cause => {
      const message = `The port for metrics, ${host} ${port}, cannot be opened: ${cause.message}. Give each worker of a machine its own TQ_METRICS_PORT, or 0 for any.`
      reject(new TaskqError('invalid', message, { cause }))
    })
    server.listen(port, host, resolve)
  })
}
