import { readdirSync } from 'node:fs'
import type { Counts, Traits } from '../queue/driver.ts'
import { countText, tasksText } from '../terminal/amounts.ts'
import { knownTotal } from './share.ts'

/** What would be lost with a queue: `12 tasks (10 ready, 2 done)`. */
export function lossText({ ready, delayed, leased, done, dead }: Counts): string {
  const all = knownTotal({ ready, delayed, leased, done, dead })
  if ([ready, delayed, leased, done, dead].every(count => count === undefined))
    return 'an unknown number of tasks'
  const parts = Object.entries({ ready, delayed, leased, done, dead })
    .filter(([, count]) => count !== 0)
    .map(([state, count]) => `${countText(count)} ${state}`)
  if (all === 0) return 'no tasks'
  return `${all === undefined ? 'tasks' : tasksText(all)} (${parts.join(', ')})`
}

/** What people call a queue: the last part of its URL. */
export function nameOf(url: string): string {
  return (
    url
      .replace(/\?.*$/, '')
      .split(/[/:]/)
      .findLast(part => part !== '') ?? url
  )
}

/**
 * What to say of an emptied queue that does not keep ids apart: what was inserted from this folder is
 * remembered beside it, and would not be inserted again. `undefined` where there is nothing to say.
 */
export function rememberedHint({ unique }: Traits): string | undefined {
  if (unique || !hasJournal()) return undefined
  return 'Tables inserted from here are remembered in .taskq/inserted-*.ndjson: delete those files before you insert the same rows again.'
}

function hasJournal(): boolean {
  try {
    return readdirSync('.taskq').some(name => name.startsWith('inserted-'))
  } catch {
    // No such folder: nothing was inserted from here.
    return false
  }
}
