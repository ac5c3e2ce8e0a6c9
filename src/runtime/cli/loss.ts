import type { Counts } from '../queue/driver.ts'
import { knownTotal } from './share.ts'
import { countText, tasksText } from './text.ts'

/** What would be lost with a queue: `12 tasks (10 ready, 2 done)`. */
export function lossText({ ready, delayed, leased, done, dead }: Counts): string {
  const all = knownTotal({ ready, delayed, leased, done, dead })
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
