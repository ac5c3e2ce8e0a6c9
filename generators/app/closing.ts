import { relative } from 'node:path'
import { isTooOld } from './node-version.ts'
import type { Answers } from './options.ts'
import { queues } from './queues.ts'
import type { Update } from './update.ts'

/** How it went, beside what was planned. */
export interface Outcome {
  /** Where the generator was started. */
  readonly cwd: string
  readonly folder: string
  /** The version of the user's own Node. */
  readonly machineNode: string
  /** Whether the changes were listed already. */
  readonly isListed: boolean
  /** Why npm did not get through. */
  readonly failure: string | undefined
}

/** The last words: what to type next, and what is still in the way; empty when all was said. */
export function closing(answers: Answers, update: Update, outcome: Outcome): string {
  const { cwd, folder, failure, isListed } = outcome
  const place = relative(cwd, folder)
  const isMade = queues[answers.queue]?.isMade === true
  const commands = [
    ...(failure !== undefined || (!answers.install && update.isInstallNeeded)
      ? ['npm install']
      : []),
    ...(update.isOtherQueue && isMade ? ['npm run create-queue'] : []),
    ...(update.isNew || update.isOtherQueue ? ['npm run insert-tasks'] : []),
    ...(update.isNew
      ? ['npm run launch-worker -- --until drained', 'npm run results -- --out results.csv']
      : []),
    ...(update.isNew && answers.example === 'fractal' ? ['npm run picture'] : []),
    ...(update.newTask === undefined ? [] : forTask(update.newTask, isMade)),
  ]
  const changed = update.changes.some(({ fate }) => fate !== 'same' && fate !== 'yours')
  const parts = [
    ...(failure === undefined ? [] : [failure]),
    ...remarks(answers, outcome),
    ...(changed || isListed ? [] : [nothingChanged]),
    ...(commands.length === 0 || !changed
      ? []
      : [['Next:', ...(place === '' ? [] : [`cd ${quoted(place)}`]), ...commands].join('\n  ')]),
  ]
  return parts.map(part => `\n${part}`).join('\n')
}

/** What is said of a project that is as it should be. */
export const nothingChanged = 'Nothing changed: the project is as the templates have it.'

function forTask(name: string, isMade: boolean): readonly string[] {
  return [
    ...(isMade ? [`npm run create-queue -- -e config/${name}.env`] : []),
    `npm run insert-${name}`,
    `npm run work-${name} -- --until drained`,
  ]
}

function remarks(answers: Answers, { machineNode }: Outcome) {
  const { cloudpath, deploy, pinNode, queue, queueUrl } = answers
  return [
    ...(isTooOld(machineNode) && !pinNode
      ? [
          `The Node of this machine is ${machineNode}, and the project needs 24.15: install a newer one, or let it bring its own by --pin-node.`,
        ]
      : []),
    ...(deploy === 'gke' && queues[queue]?.isLocal === true
      ? [
          `The pods of a cluster cannot reach ${queueUrl}. Choose a queue that they can reach by --queue before you deploy.`,
        ]
      : []),
    ...(cloudpath.includes('//my-bucket/')
      ? [
          `Tasks that write large outputs need a bucket of yours: name it in config/task.env, CF_CLOUDPATH=${cloudpath}. Results need none.`,
        ]
      : []),
  ]
}

/** A folder's name as a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w./@%+=:,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
