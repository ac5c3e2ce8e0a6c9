import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openQueue } from '../../src/runtime/index.ts'
import { joinedToTasks } from '../../src/runtime/results/join.ts'

const root = 864691135494192529n

it.each([
  { kind: 'sqlite', urlOf: (folder: string) => `sqlite:${join(folder, 'q.db')}`, bodies: true },
  { kind: 'memory', urlOf: () => 'memory:', bodies: true },
  { kind: 'fq', urlOf: (folder: string) => `fq://${folder}/q?durable=false`, bodies: false },
])(
  '$kind: each result stands beside its own parameters, in as few looks as the store allows',
  async ({ urlOf, bodies }) => {
    const folder = mkdtempSync(join(tmpdir(), 'taskq-joined-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    await using queue = await opened(urlOf(folder))
    await queue.insert(
      ['a', 'b', 'c'].map((id, at) => ({ id, params: { root: root + BigInt(at) } })),
    )
    const leases = await queue.lease({ max: 3, seconds: 60, worker: { id: 'w' } })
    await queue.settle(leases.map(lease => ({ lease, record: '{"status":"done","value":1}' })))
    const rows: Record<string, unknown> = {}
    for await (const { id, params } of joinedToTasks(queue)) rows[id] = params?.['root']
    expect(rows).toEqual({ a: root, b: root + 1n, c: root + 2n })
    const { items } = await queue.results.read({ max: 3, bodies: true })
    expect(items.map(({ body }) => body !== undefined)).toEqual([bodies, bodies, bodies])
  },
)

async function opened(url: string) {
  const queue = await openQueue(url)
  return { ...queue, [Symbol.asyncDispose]: () => queue.close() }
}
