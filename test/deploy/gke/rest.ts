import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { at } from '../kube/store.ts'
import { type Clusters, operationMessage, type Pool, Refusal } from './clusters.ts'
import { computeAnswer } from './compute.ts'

/** One request of gcloud, as it came. */
export interface RestExchange {
  readonly method: string
  readonly path: string
  readonly body: unknown
}

/** Google's service by REST, as gcloud speaks to it, with what else gcloud asks on the way. */
export async function startRest(clusters: Clusters) {
  const transcript: RestExchange[] = []
  const server = createServer(
    (request, response) => void answer(request, response, clusters, transcript),
  )
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    transcript,
    stop: () => new Promise(resolve => server.close(resolve)),
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  clusters: Clusters,
  transcript: RestExchange[],
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  const body: unknown = text === '' ? undefined : JSON.parse(text)
  const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://fake')
  const method = request.method ?? 'GET'
  transcript.push({ method, path, body })
  const { status, json } = act(clusters, method, path, body, searchParams)
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(json))
}

function act(
  clusters: Clusters,
  method: string,
  path: string,
  body: unknown,
  query: URLSearchParams,
) {
  try {
    const [, compute] = /\/compute\/v1\/projects\/[^/]+\/?(.*)$/.exec(path) ?? []
    if (compute !== undefined) return { status: 200, json: computeAnswer(clusters, compute, query) }
    return { status: 200, json: handle(clusters, method, path, body) }
  } catch (error) {
    const code = error instanceof Refusal ? error.rest : 500
    const message = error instanceof Error ? error.message : String(error)
    return { status: code, json: { error: { code, message, status: 'FAILED' } } }
  }
}

/** Requests by method and path; the names in braces are handed on. */
function handle(clusters: Clusters, method: string, path: string, body: unknown): unknown {
  if (path.includes('/services/')) return { state: 'ENABLED' }
  const [, location = '', rest = ''] = /\/locations\/([^/]+)\/(.+)$/.exec(path) ?? []
  const [kind = '', name = '', pools, pool = ''] = rest.split('/')
  const operation = (begun: Parameters<typeof operationMessage>[0]) =>
    operationMessage(begun, location)
  if (kind === 'operations') {
    if (name !== '') return operation(clusters.operation(name))
    return { operations: clusters.operations.map(operation) }
  }
  if (pools === 'nodePools') {
    if (method === 'POST')
      return operation(clusters.createPool(location, name, at(body, 'nodePool') as Pool))
    return pool === ''
      ? { nodePools: clusters.get(location, name).nodePools }
      : clusters.pool(location, name, pool)
  }
  switch (method) {
    case 'POST': {
      const [labelled, verb] = name.split(':')
      if (labelled !== undefined && verb === 'setResourceLabels')
        return operation(clusters.label(location, labelled, body))
      return operation(clusters.create(location, at(body, 'cluster') as { name: string }))
    }
    case 'PUT':
      return operation(
        clusters.limitPool(
          location,
          name,
          String(at(body, 'update', 'desiredNodePoolId')),
          at(body, 'update', 'desiredNodePoolAutoscaling'),
        ),
      )
    case 'DELETE':
      return operation(clusters.delete(location, name))
    default:
      return name === '' ? { clusters: clusters.list(location) } : clusters.get(location, name)
  }
}
