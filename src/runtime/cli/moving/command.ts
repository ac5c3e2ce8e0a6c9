import type { ExitName } from '../../config/exit-codes.ts'
import type { Counts } from '../../queue/driver.ts'
import { TaskqError } from '../../queue/errors.ts'
import { openQueue } from '../../queue/open.ts'
import type { Queue } from '../../queue/queue.ts'
import { countText } from '../../terminal/amounts.ts'
import { jsonLine, safe } from '../../terminal/safe.ts'
import type { Between, RunBetween } from '../catalogue.ts'
import { showProgress } from '../progress.ts'
import type { Shell } from '../shell.ts'
import { carrierOf } from './carry.ts'
import { copyTasks } from './copy.ts'
import { emptyTally, type Moving } from './deliver.ts'
import { type MovingJournal, openMovingJournal } from './journal.ts'
import { moveTasks } from './move.ts'
import { tell } from './report.ts'
import { areSame } from './same.ts'

type Verb = 'cp' | 'mv'

/** Runs `taskq cp` or `taskq mv`. */
export function runnerOf(verb: Verb): RunBetween {
  return async (shell, between) => {
    const from = await openQueue(between.from, { create: false })
    try {
      refuse(verb, from, between)
      if (between.flags.dryRun) return await dryRun(verb, from, between, shell)
      const to = await openQueue(between.to)
      try {
        if (areSame(from.driver, to.driver))
          throw new TaskqError(
            'invalid',
            `${from.url} is both queues: what is sent to ${to.url} comes to it. Name another as the second.`,
          )
        return await go(verb, from, to, between, shell)
      } finally {
        await to.close()
      }
    } finally {
      await from.close()
    }
  }
}

/** What a source without a desk cannot do. */
function refuse(verb: Verb, { url, driver }: Queue, { to, flags }: Between): void {
  if (driver.tasks !== undefined) return
  const no = (what: string, instead: string): never => {
    throw new TaskqError('unsupported', `${url} cannot ${what}. ${instead}`)
  }
  if (verb === 'cp')
    no(
      'be read without taking tasks out of it',
      `To have its tasks elsewhere: taskq mv ${url} ${to}, or insert the table they came from there.`,
    )
  if (flags.dead) no('move dead tasks', `Make them ready again first: taskq retry-dead -q ${url}`)
  if (flags.leased)
    no('take tasks from their holders', 'Stop the workers, wait for the leases to end, then move.')
}

async function go(
  verb: Verb,
  from: Queue,
  to: Queue,
  { flags }: Between,
  shell: Shell,
): Promise<ExitName> {
  const { err, clock } = shell
  const carry = carrierOf(from, to)
  const tally = emptyTally()
  const journal = await journalOf(verb, from, to, shell)
  let end: 'kept' | 'over' = 'kept'
  try {
    const total = totalOf(await from.counts(), flags.dead === true)
    const progress = showProgress(err, clock, 'tasks', total)
    const moving: Moving = { from, to, carry, journal, tally, progress, shell }
    let fault: { readonly error: unknown } | undefined
    try {
      if (verb === 'cp') await copyTasks(moving, flags.dead ? 'dead too' : 'not dead')
      else await moveTasks(moving, { dead: flags.dead === true, leased: flags.leased === true })
    } catch (error) {
      fault = { error }
    } finally {
      await progress.end()
    }
    const left = verb === 'mv' && fault === undefined ? await leftOf(from) : undefined
    // Where nobody holds anything, what was not met has been finished at the source.
    const hidden = left !== undefined && left.leased !== 0 ? (journal?.sent.size ?? 0) : 0
    if (fault === undefined && hidden === 0) end = 'over'
    const ended = { verb, from, to, tally, hidden, ...(left !== undefined && { left }) }
    const exit = await tell(ended, shell, flags.json === true)
    if (fault === undefined) return exit
    await err.line('It ended early. What was done stays done; run the same again to go on.')
    throw fault.error
  } finally {
    await journal?.close(end)
  }
}

/** Where the destination does not keep ids apart, this folder remembers what was sent; and says so. */
async function journalOf(
  verb: Verb,
  from: Queue,
  to: Queue,
  { err }: Shell,
): Promise<MovingJournal | undefined> {
  if (to.driver.traits.unique) return undefined
  const journal = await openMovingJournal({ verb, from: from.url, to: to.url })
  await err.line(
    safe(
      `${to.url} does not keep ids apart; until all is done, what was sent is remembered in ${journal.path}.`,
    ),
  )
  return journal
}

async function leftOf(from: Queue) {
  const { leased, delayed } = await from.counts()
  return { leased, delayed }
}

/** What is to be carried at most, where that is known. */
function totalOf({ ready, delayed, dead }: Counts, withDead: boolean): number | undefined {
  if (ready === undefined || delayed === undefined) return undefined
  return ready + delayed + (withDead ? (dead ?? 0) : 0)
}

async function dryRun(
  verb: Verb,
  from: Queue,
  { to, flags }: Between,
  { out }: Shell,
): Promise<ExitName> {
  const { ready, delayed, leased, dead } = await from.counts()
  const takesLeased = verb === 'cp' || flags.leased === true
  const wanted = { ready, delayed, ...(takesLeased && { leased }), ...(flags.dead && { dead }) }
  if (flags.json) await out.line(jsonLine({ from: from.url, to, would: wanted }))
  else {
    const parts = Object.entries(wanted).map(([state, count]) => `${countText(count)} ${state}`)
    await out.line(
      `Would ${verb === 'cp' ? 'copy' : 'move'} ${parts.join(', ')} from ${safe(from.url)} to ${safe(to)}. Nothing was done.`,
    )
  }
  return 'done'
}
