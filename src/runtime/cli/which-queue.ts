import { existsSync } from 'node:fs'
import { withoutPassword } from '../queue/address.ts'
import { TaskqError } from '../queue/errors.ts'
import type { Flags } from './options.ts'

/** The variable that names the queue, in the env file and in the environment. */
const queueVariable = 'TASKQUEUE_PATH'

const example = `${queueVariable}=sqlite:queue.db`

/** Where every project of ours keeps its env file. */
const usualFile = 'config/task.env'

/**
 * The queue that is meant: by argument, else by env file, else by the environment. `ids` are for the
 * complaint: a queue among them was meant as one.
 */
export async function whichQueue(
  positional: string | undefined,
  ids: readonly string[],
  { queue, envFile }: Pick<Flags, 'queue' | 'envFile'>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  if (positional !== undefined && queue !== undefined && positional !== queue)
    throw new TaskqError(
      'invalid',
      `Two queues are named, ${withoutPassword(positional)} and (by -q) ${withoutPassword(queue)}. Name one.`,
    )
  const named = positional ?? queue
  if (named !== undefined) return named
  if (envFile !== undefined) {
    const { neededIn, readEnvFile } = await import('../config/env-file.ts')
    return neededIn(readEnvFile(envFile), queueVariable, example)
  }
  const inherited = env[queueVariable] ?? ''
  if (inherited.trim() !== '') return inherited
  throw new TaskqError(
    'invalid',
    `No queue is named. Name it by -q sqlite:queue.db, by -e FILE with a line ${example}, or by ${queueVariable} in the environment.${hint(ids)}`,
  )
}

/** What was probably meant. */
function hint(ids: readonly string[]): string {
  const url = ids.find(id => id.endsWith('.db') || /^[a-z]+:[^ ]/.test(id))
  if (url !== undefined) return ` If ${url} is the queue and no id, write -q ${url}`
  return existsSync(usualFile) ? ` There is an env file here: -e ${usualFile}` : ''
}
