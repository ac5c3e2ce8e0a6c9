import { relative } from 'node:path'
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
  /** Why npm did not get through. */
  readonly failure: string | undefined
}

/** The last words: what to type next, and what is still in the way. */
export function closing(answers: Answers, update: Update, outcome: Outcome): string {
  const { cwd, folder, failure } = outcome
  const place = relative(cwd, folder)
  const commands = [
    ...(place === '' ? [] : [`cd ${quoted(place)}`]),
    ...(failure !== undefined || (!answers.install && update.isInstallNeeded)
      ? ['npm install']
      : []),
    ...(update.isOtherQueue && queues[answers.queue]?.isMade === true
      ? ['npm run create-queue']
      : []),
    ...(update.isNew || update.isOtherQueue ? ['npm run insert-tasks'] : []),
    ...(update.isNew
      ? ['npm run launch-worker -- --until drained', 'npm run results -- --out results.csv']
      : []),
    ...(update.isNew && answers.example === 'fractal' ? ['npm run picture'] : []),
    ...(update.newTask === undefined ? [] : [`npm run insert-${update.newTask}`]),
  ]
  const changed = update.changes.some(({ fate }) => fate !== 'same' && fate !== 'yours')
  const parts = [
    ...(failure === undefined ? [] : [failure]),
    ...remarks(answers, outcome),
    ...(changed ? [] : ['Nothing changed: the project is as the templates have it.']),
    ...(commands.length === 0 || !changed
      ? []
      : [`Next:\n${commands.map(each => `  ${each}`).join('\n')}`]),
  ]
  return `\n${parts.join('\n\n')}`
}

function remarks({ deploy, pinNode, queue, queueUrl }: Answers, { machineNode }: Outcome) {
  const [major = 0, minor = 0] = machineNode.split('.').map(Number)
  const isOld = major < 24 || (major === 24 && minor < 15)
  return [
    ...(isOld && !pinNode
      ? [
          `The Node of this machine is ${machineNode}, and the project needs 24.15: install a newer one, or let it bring its own by --pin-node.`,
        ]
      : []),
    ...(deploy === 'gke' && queues[queue]?.isLocal === true
      ? [
          `The pods of a cluster cannot reach ${queueUrl}. Choose a queue that they can reach by --queue before you deploy.`,
        ]
      : []),
  ]
}

/** A folder's name as a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w./@%+=:,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
