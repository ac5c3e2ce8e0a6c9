import { readFileSync } from 'node:fs'
import { TaskqError } from 'taskq-runtime'
import type { Configuration } from '../config/read.ts'
import { hashOf } from './names.ts'

/** The key files of a fleet: their names in the pod and their contents in base64. */
export interface SecretFiles {
  readonly name: string
  readonly data: Readonly<Record<string, string>>
}

/** Reads the key files that cluster.env names. Their content goes to the cluster, never into a file of ours. */
export function readSecretFiles({ settings, cluster }: Configuration): SecretFiles {
  const entries = settings.SECRET_FILES.map(path => [
    path.split('/').at(-1) ?? path,
    read(path, cluster.path).toString('base64'),
  ])
  const data: Readonly<Record<string, string>> = Object.fromEntries(entries)
  return { name: `${settings.TASK_NAME}-files-${hashOf(data)}`, data }
}

function read(path: string, named: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new TaskqError(
      'invalid',
      `${named}: SECRET_FILES names ${path}, which cannot be read: ${why}. Correct the path or leave it out.`,
      { cause },
    )
  }
}
