import type { SimulatedQueue } from '../../simulate/plan.ts'
import type { Mutant } from '../support/mutant.ts'

/** The mistakes that a worker is most likely to make, and some of drivers. */
export const mutants: readonly (Mutant & { readonly queue?: SimulatedQueue })[] = [
  {
    name: 'leases are never renewed',
    file: 'worker/heartbeat.ts',
    from: 'if (due.length === 0) return',
    to: 'if (due.length >= 0) return',
  },
  {
    name: 'a worker is not told that a lease is lost',
    file: 'worker/heartbeat.ts',
    from: 'else if (held.has(task.ref) && !task.isPosted) onLost(task)',
    to: '',
  },
  {
    name: 'a lease is taken to last from its answer on',
    file: 'worker/heartbeat.ts',
    from: "if (answers[at] === 'done') task.renewedAt = now",
    to: "if (answers[at] === 'done') task.renewedAt = now + 1e6",
  },
  {
    name: 'what was lost before it began is held for ever',
    file: 'worker/intake.ts',
    from: 'if (lost.length > 0) onUnbegun(lost)',
    to: '',
  },
  {
    name: 'the run of a suspect is not charged before it begins',
    file: 'worker/intake.ts',
    from: '({ ...task.lease, attempts: task.attempt })',
    to: '({ ...task.lease })',
  },
  {
    name: 'outcomes that the store did not answer to are forgotten',
    file: 'worker/outbox.ts',
    from: 'this.#letters = [...sent, ...this.#letters]',
    to: '',
  },
  {
    name: 'a task that came back unfinished is charged',
    file: 'worker/outbox.ts',
    from: "return letter.kind === 'release' ? letter.attempts : letter.task.attempt",
    to: 'return letter.task.attempt',
  },
  {
    name: 'a task whose workers all died of it is run once more',
    file: 'worker/judge.ts',
    from: 'if (attempts < this.#policy.maxAttempts) return undefined',
    to: 'if (attempts <= this.#policy.maxAttempts) return undefined',
  },
  {
    name: 'trouble with the store is never over',
    file: 'worker/store-trouble.ts',
    from: '    this.#since = undefined\n',
    to: '',
  },
  {
    name: 'of several batches of leases only the first is kept',
    file: 'queue/leasing.ts',
    from: 'for (const lease of some) leases.push(lease)',
    to: '',
  },
  {
    name: 'the end is called although others hold tasks',
    file: 'worker/ending.ts',
    from: "...(until === 'drained' ? [counts.leased] : [])",
    to: '',
  },
  {
    name: 'completing does not check the token (memory)',
    file: 'drivers/memory.ts',
    from: "entry.state === 'leased' && entry.token === token && now < entry.until",
    to: "entry.state === 'leased' && now < entry.until",
  },
  {
    name: 'completing does not check the token (sqlite)',
    queue: 'sqlite',
    file: 'drivers/sqlite/statements.ts',
    from: 'where h.token = ?3 and h.until > ?4',
    to: 'where h.token >= 0 * ?3 and h.until > ?4',
  },
  {
    name: 'a lease that ended is never lent again',
    queue: 'sqlite',
    file: 'drivers/sqlite/verbs.ts',
    from: 'hot.lineUpEnded.run(now)\n',
    to: 'hot.lineUpEnded.run(0)\n',
  },
]
