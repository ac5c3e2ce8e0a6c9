import { join, resolve } from 'node:path'
import type { Queue } from '../queue/queue.ts'
import { schemeOf } from '../storage/scheme.ts'

/** Where logs lie: a folder of this machine, or a store that outlives it, by its address. */
export type LogPlace =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'store'; readonly address: string }

/**
 * Where the logs of a queue's tasks lie: where it is `named`, else beside the queue; for a queue that
 * is no file of this machine in the store that `CF_CLOUDPATH` names, else here.
 */
export function logPlaceOf(
  { driver }: Pick<Queue, 'driver'>,
  named: string | undefined,
  cloudPath: string | undefined,
): LogPlace {
  if (named !== undefined) return placeNamed(named)
  if (driver.path !== undefined) return { kind: 'folder', folder: `${driver.path}.logs` }
  if (cloudPath === undefined || cloudPath === '') return placeNamed(besideAll)
  return placeNamed(`${cloudPath.replace(/\/+$/, '')}/${besideAll}`)
}

const besideAll = 'taskq-logs'

function placeNamed(name: string): LogPlace {
  return schemeOf(name) === undefined
    ? { kind: 'folder', folder: resolve(name) }
    : { kind: 'store', address: name }
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
