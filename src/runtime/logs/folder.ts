import { join, resolve } from 'node:path'
import type { Queue } from '../queue/queue.ts'

/** Where the logs of a queue's tasks lie: in the named folder, else beside the queue, else here. */
export function logFolderOf(queue: Queue, named: string | undefined): string {
  const { path } = queue.driver
  if (named !== undefined) return resolve(named)
  return path === undefined ? resolve('taskq-logs') : `${path}.logs`
}

const ending = '.ndjson'

/** A name for a new log file: in the order of their making, whoever makes them. */
export function segmentName(worker: string, milliseconds: number): string {
  const time = new Date(milliseconds).toISOString().replaceAll(/[:.-]/g, '')
  return `${time}-${worker.replaceAll(/[^\w.-]/g, '_')}${ending}`
}

/** The log files among the names of a folder, the oldest first. */
export function segmentsAmong(names: readonly string[]): readonly string[] {
  return names.filter(name => name.endsWith(ending)).sort()
}

/** The path of a log file. */
export function segmentPath(folder: string, name: string): string {
  return join(folder, name)
}
