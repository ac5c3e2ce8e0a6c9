import { stripped } from '../terminal/safe.ts'
import type { Holder } from '../worker/holder-watch.ts'
import type { WorkSummary } from '../worker/work-options.ts'
import { amount, duration } from './figures.ts'
import type { Told } from './told.ts'

/** What happened, for people; it may hold text of tasks. `undefined` for what people need not read. */
export function sentenceOf(told: Told): string | undefined {
  switch (told.event) {
    case 'started':
      return `Worker ${told.worker} works on ${told.queue}.`
    case 'still-loading': {
      const { file, seconds, runners } = told
      const who = runners === 1 ? '1 runner is' : `${amount(runners)} runners are`
      return `${file} is still not loaded after ${duration(seconds)}: ${who} at it and can run nothing. What does it wait for outside of its functions?`
    }
    case 'listening':
      return `Metrics are at ${told.url}.`
    case 'task-completed':
    case 'task-progress':
      return undefined
    case 'task-failed': {
      const { task, attempt, reason, againAfterSeconds } = told
      const next =
        againAfterSeconds === undefined ? 'dead' : `again in ${duration(againAfterSeconds)}`
      return `Task ${task}, attempt ${attempt}: ${reason} (${next})`
    }
    case 'task-slow':
      return `Task ${told.task} has run ${duration(told.seconds)}; half of the others take less than ${duration(told.medianSeconds)}.`
    case 'lease-lost':
      return `Task ${told.task}: its lease was lost; what comes of this run does not count.`
    case 'task-log':
      return `Task ${told.task}: ${told.message}`
    case 'output':
      return told.task === undefined
        ? told.text.trimEnd()
        : `Task ${told.task}: ${told.text.trimEnd()}`
    case 'lease-shortened':
      return `Leases of this queue last ${duration(told.seconds)} at most: TQ_LEASE_SECONDS=${told.askedSeconds} is taken as ${told.seconds}. They are renewed while tasks run.`
    case 'tasks-expire': {
      const { ageSeconds, keptSeconds, secondsLeft } = told
      const rest =
        secondsLeft === undefined ? '' : `, and what is left takes ${duration(secondsLeft)}`
      return `Tasks are ${duration(ageSeconds)} old, the queue deletes them when they are ${duration(keptSeconds)} old${rest}: some will be lost. Raise the queue's retention, or start more workers.`
    }
    case 'store-trouble':
      return `PAUSED: ${told.reason}`
    case 'store-recovered':
      return `The queue answers again after ${duration(told.seconds)}; going on.`
    case 'watch-trouble':
      return `The work goes on, but ${told.what}: ${told.reason}`
    case 'summary': {
      const { done, dead, retried, perSecond, endsInSeconds, secondsLeft, inFlight } = told
      const left =
        endsInSeconds !== undefined
          ? `, ends in ${duration(endsInSeconds)} unless a task comes`
          : secondsLeft === undefined
            ? ''
            : `, ${duration(secondsLeft)} to go`
      return `${amount(done)} done, ${amount(dead)} dead, ${amount(retried)} retried here; ${amount(perSecond)}/s${left}; ${amount(inFlight)} in flight.`
    }
    case 'code-differs': {
      const { tasks, here, action } = told
      const what = `Tasks were inserted with other code (${stripped(tasks)}) than is here (${here}).`
      return action === 'run'
        ? `${what} They are run all the same (TQ_CODE_CHECK=warn).`
        : `${what} They are handed back uncharged (TQ_CODE_CHECK=strict), for a worker that has it; taskq accept-code has them run here.`
    }
    case 'spot-notice':
      return told.secondsLeft === undefined
        ? 'NOTICE: this machine is about to be taken away.'
        : `NOTICE: this machine is taken away in ${duration(told.secondsLeft)}.`
    case 'end-in-sight': {
      const why =
        told.since === 'counts-lag'
          ? 'counts of this queue lag behind'
          : 'this queue cannot count its tasks'
      return `Nothing is left, it seems. To be sure, as ${why}, the worker ends in ${duration(told.seconds)} unless a task comes.`
    }
    case 'waits-for-others': {
      const tasks = told.tasks === 1 ? '1 task is' : `${amount(told.tasks)} tasks are`
      return `Nothing is left to begin; ${tasks} with others: ${told.holders.map(holderText).join('; ')}.`
    }
    case 'stopping':
      return `Stopping: ${told.reason}.`
    case 'left-held':
      return `The queue does not answer: ${amount(told.tasks)} of its tasks could not be handed in. They come back when their leases end and are run again.`
    case 'ended':
      return lastSentence(told)
  }
}

function holderText({ worker, secondsLeft, state }: Holder): string {
  if (state === 'renews') return `${worker}, which is at it`
  return `${worker} does not renew them and may be gone, then they come back in ${duration(secondsLeft)} (at once with: taskq release --worker ${worker})`
}

function lastSentence(summary: WorkSummary): string {
  const { end, reason, done, dead, retried, released, lost, seconds } = summary
  const parts = [`${amount(done)} done`, `${amount(dead)} dead`, `${amount(retried)} retried`]
  if (released > 0) parts.push(`${amount(released)} handed back`)
  if (lost > 0) parts.push(`${amount(lost)} lost to others`)
  const why = reason === undefined ? end : `STOPPED: ${stripped(reason)}`
  return `${parts.join(', ')} in ${duration(seconds)} (${why}).`
}
