import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type JsonObject, openQueue, type Queue, type TaskView } from '../../src/runtime/index.ts'
import { type DoneRecord, readRecord } from '../../src/runtime/results/record.ts'
import type { WorkEvent } from '../../src/runtime/worker/events.ts'
import { readSettings } from '../../src/runtime/worker/settings.ts'
import { work } from '../../src/runtime/worker/supervisor.ts'
import type { WorkOptions, WorkSummary } from '../../src/runtime/worker/work-options.ts'

/** A queue in a folder of its own, and a worker to put to it. */
export interface Bench {
  readonly folder: string
  readonly queue: Queue
  readonly events: WorkEvent[]
  /** Inserts one task a row, named t0, t1 and so on. */
  readonly insert: (rows: readonly JsonObject[]) => Promise<void>
  /** Works with the given settings until the queue is drained. */
  readonly work: (
    values?: Readonly<Record<string, string>>,
    options?: Partial<WorkOptions>,
  ) => Promise<WorkSummary>
  readonly results: () => Promise<ReadonlyMap<string, DoneRecord>>
  readonly dead: () => Promise<ReadonlyMap<string, TaskView>>
  /** How often each task was begun, by the file that `note` of a row names. */
  readonly begun: () => Promise<ReadonlyMap<string, number>>
  /** Resolves once so many runs were begun. */
  readonly untilBegun: (runs: number) => Promise<void>
  readonly note: string
  readonly dispose: () => Promise<void>
}

export const wild = fileURLToPath(new URL('tasks/wild.ts', import.meta.url))

export async function openBench(): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'taskq-work-'))
  const queue = await openQueue(`sqlite:${join(folder, 'queue.db')}`)
  const events: WorkEvent[] = []
  const note = join(folder, 'begun')
  return {
    folder,
    queue,
    events,
    note,
    async insert(rows) {
      await queue.insert(rows.map((row, at) => ({ id: `t${at}`, params: { ...row, note } })))
    },
    work: (values = {}, options = {}) =>
      work({
        queue,
        task: wild,
        settings: readSettings([{ values: { ...quick, ...values }, place: () => 'the test' }]),
        until: 'drained',
        // Waits after a failure are as short as they can be.
        random: () => -1,
        onEvent: event => events.push(event),
        ...options,
      }),
    async results() {
      const { items } = await queue.results.read({ max: 10_000 })
      return new Map(
        items.map(({ id, record = '' }) => [id, readRecord(record) as DoneRecord] as const),
      )
    },
    async dead() {
      const { items } = await queue.tasks.list({ states: ['dead'], max: 10_000 })
      return new Map(items.map(view => [view.id, view]))
    },
    async begun() {
      const counts = new Map<string, number>()
      const lines = (await readFile(note, 'utf8')).split('\n').filter(line => line !== '')
      for (const line of lines) {
        const [id = ''] = line.split(' ')
        counts.set(id, (counts.get(id) ?? 0) + 1)
      }
      return counts
    },
    async untilBegun(runs) {
      const begun = () => (existsSync(note) ? readFileSync(note, 'utf8').split('\n').length - 1 : 0)
      while (begun() < runs) await new Promise(setImmediate)
    },
    async dispose() {
      await queue.close()
      await rm(folder, { recursive: true })
    },
  }
}

const quick = {
  TQ_CONCURRENCY: '2',
  TQ_MAX_ATTEMPTS: '2',
  TQ_TASK_TIMEOUT_SECONDS: '20',
  TQ_SPOT_NOTICES: 'off',
}
