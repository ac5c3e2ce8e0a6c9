import type { Counts, HeldAnswer, IdAnswer, InsertAnswer, TaskState } from '../../queue/driver.ts'

/** What the seam promises, in the plainest words: one list of tasks and a time in seconds. */
export class QueueModel {
  readonly tasks: ModelTask[] = []
  /** Every lease ever given out, with the token the driver named. */
  readonly leases: ModelLease[] = []
  /** Ids in the order finished, with what was recorded. */
  readonly finished: { readonly id: string; readonly record: string | undefined }[] = []
  seconds = 0

  insert(id: string, priority: number, delaySeconds: number): InsertAnswer {
    if (this.find(id) !== undefined) return 'present'
    const until = delaySeconds > 0 ? this.seconds + delaySeconds : undefined
    this.tasks.push({
      id,
      priority,
      state: 'waiting',
      until,
      attempts: 0,
      deliveries: 0,
      givenBack: 0,
      lease: undefined,
    })
    return 'new'
  }

  /** Those that may be lent now, the next one first. */
  ready(): readonly ModelTask[] {
    const ready = this.tasks.filter(task => this.stateOf(task) === 'ready')
    return ready.sort((one, other) => other.priority - one.priority)
  }

  lend(task: ModelTask, token: string, seconds: number): void {
    const lease = { id: task.id, token }
    this.leases.push(lease)
    Object.assign(task, { state: 'leased', lease, until: this.seconds + seconds })
    task.deliveries += 1
  }

  /** Does `change` to the task if the lease is the one it is held by, and still runs. */
  held(
    lease: ModelLease,
    attempts: number | undefined,
    change: (task: ModelTask, isCharged: boolean) => void,
  ): HeldAnswer {
    const task = this.find(lease.id)
    if (task === undefined || this.stateOf(task) !== 'leased' || task.lease !== lease) return 'lost'
    const isCharged = (attempts ?? 0) > task.attempts
    if (isCharged) task.attempts = attempts ?? 0
    change(task, isCharged)
    return 'done'
  }

  wait(task: ModelTask, delaySeconds: number): void {
    const until = delaySeconds > 0 ? this.seconds + delaySeconds : undefined
    Object.assign(task, { state: 'waiting', lease: undefined, until })
  }

  finish(task: ModelTask, record?: string): void {
    Object.assign(task, { state: 'done', lease: undefined, until: undefined })
    this.finished.push({ id: task.id, record })
  }

  bury(task: ModelTask): void {
    Object.assign(task, { state: 'dead', lease: undefined, until: undefined })
  }

  revive(id: string, from: 'dead' | 'leased'): IdAnswer {
    const task = this.find(id)
    if (task === undefined || this.stateOf(task) !== from) return 'absent'
    if (from === 'dead') task.attempts = 0
    this.wait(task, 0)
    return 'done'
  }

  remove(id: string): IdAnswer {
    const at = this.tasks.findIndex(task => task.id === id)
    if (at < 0) return 'absent'
    this.tasks.splice(at, 1)
    const finished = this.finished.findIndex(one => one.id === id)
    if (finished >= 0) this.finished.splice(finished, 1)
    return 'done'
  }

  purge(): void {
    this.tasks.length = 0
    this.finished.length = 0
  }

  counts(): Counts {
    const counts = { ready: 0, delayed: 0, leased: 0, done: 0, dead: 0 }
    for (const task of this.tasks) counts[this.stateOf(task)] += 1
    return counts
  }

  find(id: string): ModelTask | undefined {
    return this.tasks.find(task => task.id === id)
  }

  /** A delay or a lease that has ended leaves its task ready. */
  stateOf(task: ModelTask): TaskState {
    const ended = task.until !== undefined && task.until <= this.seconds
    if (task.state === 'leased') return ended ? 'ready' : 'leased'
    if (task.state === 'waiting') return task.until === undefined || ended ? 'ready' : 'delayed'
    return task.state
  }
}

/** A task as the model has it. */
export interface ModelTask {
  readonly id: string
  readonly priority: number
  state: 'waiting' | 'leased' | 'done' | 'dead'
  /** End of the delay or the lease. */
  until: number | undefined
  attempts: number
  deliveries: number
  /** Loans that were released without a charge, which a store need not count. */
  givenBack: number
  lease: ModelLease | undefined
}

/** A lease that was had once, good or stale. */
export interface ModelLease {
  readonly id: string
  readonly token: string
}
