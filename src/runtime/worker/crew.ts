import { Line } from './line.ts'
import type { Assignment, RunOutcome } from './messages.ts'
import { Pace } from './pace.ts'
import type { FailureKind } from './retry.ts'
import type { Runner, RunnerEnd, RunnerEvents } from './runner.ts'

/** A task that is to be run, alone in its runner where it is suspected of killing it. */
export interface CrewTask extends Assignment {
  alone: boolean
  /** The lease is gone: whatever comes of the run is of no use. */
  readonly isLost: boolean
}

/** What a crew tells the supervisor. */
export interface CrewEvents<Task> {
  readonly onOutcomes: (outcomes: readonly (readonly [Task, RunOutcome])[]) => void
  /** The task took its runner along, or had to be killed. */
  readonly onCrash: (task: Task, failure: FailureKind, reason: string, output: string) => void
  /** Not run, or stopped by the worker: to be released without a charge. */
  readonly onUnfinished: (tasks: readonly Task[]) => void
  readonly onLog: (task: Task, message: string) => void
  readonly onProgress: (task: Task, fraction: number) => void
  /** `task` is absent where it cannot be told which one wrote the text. */
  readonly onOutput: (text: string, task?: Task) => void
  /** No runner can be kept alive: there is no point in going on. */
  readonly onFault: (error: unknown) => void
}

export interface CrewOptions<Task> {
  readonly concurrency: number
  readonly atOnce: number
  /** A runner is replaced after this many tasks; 0: never. */
  readonly recycleAfter: number
  readonly start: (events: RunnerEvents<Task>) => Runner<Task>
}

interface Post<Task> {
  readonly runner: Runner<Task>
  isReady: boolean
  sent: number
  /** What it has may not be joined by anything. */
  isAlone: boolean
}

/** Runners that end this often without having had a task are broken, not their tasks. */
const idleEndsInARow = 5

/** Keeps runners alive and fed, and finds out who kills them. */
export class Crew<Task extends CrewTask> {
  readonly pace = new Pace()
  readonly #options: CrewOptions<Task>
  readonly #events: CrewEvents<Task>
  readonly #posts = new Set<Post<Task>>()
  readonly #waiting = new Line<Task>()
  readonly #alone = new Line<Task>()
  /** The runner that takes no more until it is free for a task that runs alone. */
  #reserved: Post<Task> | undefined
  #outstanding = 0
  #idleEnds = 0
  #state: 'working' | 'paused' | 'recalling' | 'ended' = 'working'

  constructor(options: CrewOptions<Task>, events: CrewEvents<Task>) {
    this.#options = options
    this.#events = events
  }

  /** Starts one runner, and the others once it is ready; rejects when the task cannot be loaded. */
  async begin(): Promise<void> {
    await this.#hire().runner.ready
    while (this.#posts.size < this.#options.concurrency) this.#hire()
  }

  /** Tasks that are here in whatever state. */
  get inHand(): number {
    return this.#outstanding + this.#unsent
  }

  get #unsent(): number {
    return this.#waiting.size + this.#alone.size
  }

  /** How many tasks it is good to have here. */
  get target(): number {
    const { concurrency, atOnce, recycleAfter } = this.#options
    const ahead = recycleAfter === 1 ? 0 : this.pace.ahead
    return concurrency * (atOnce + ahead)
  }

  /** Whether some runner could begin a task that is not here. */
  get isStarving(): boolean {
    const { concurrency, atOnce } = this.#options
    return this.inHand < concurrency * atOnce
  }

  add(tasks: readonly Task[]): void {
    const suspects = tasks.filter(({ alone }) => alone)
    this.#alone.push(suspects)
    this.#waiting.push(suspects.length === 0 ? tasks : tasks.filter(({ alone }) => !alone))
    this.#feedAll()
  }

  /** Begins nothing new until `resume`. */
  pause(): void {
    if (this.#state === 'working') this.#state = 'paused'
  }

  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'working'
    this.#feedAll()
  }

  /** Hands back all that has not begun, and begins nothing any more; running tasks are told. */
  recall(): void {
    this.#state = 'recalling'
    this.#handBack([])
    for (const { runner } of this.#posts) {
      runner.announceShutdown()
      runner.recall()
    }
  }

  /** Aborts a task's signal; one that has not begun is forgotten. */
  drop(task: Task, reason: string): void {
    for (const { runner } of this.#posts) {
      if (runner.outstanding.has(task.ref)) {
        runner.abort(task.ref, reason)
        return
      }
    }
    const isIt = (one: Task) => one === task
    if (this.#alone.remove(isIt) || this.#waiting.remove(isIt)) this.#events.onUnfinished([task])
  }

  /** Aborts the signals of all that runs. */
  abortAll(reason: string): void {
    for (const { runner } of this.#posts)
      for (const ref of runner.outstanding.keys()) runner.abort(ref, reason)
  }

  /** What may be running now: the oldest of each runner. */
  *running(): Iterable<Task> {
    const { atOnce } = this.#options
    for (const { runner } of this.#posts) yield* runner.outstanding.values().take(atOnce)
  }

  /** What the runners hold in memory, as far as it is known. */
  get memoryBytes(): number {
    let bytes = 0
    for (const { runner } of this.#posts) bytes += runner.memoryBytes ?? 0
    return bytes
  }

  /** Looks after the runners; to be called several times a second. */
  check(now: number): void {
    for (const { runner } of this.#posts) runner.check(now)
  }

  /** Ends all runners; what they had comes back as unfinished. */
  end(): void {
    this.#state = 'ended'
    this.#handBack([])
    for (const { runner } of this.#posts) {
      if (runner.outstanding.size === 0) runner.end()
      else runner.kill()
    }
  }

  #hire(): Post<Task> {
    const post: Post<Task> = {
      isReady: false,
      sent: 0,
      isAlone: false,
      runner: this.#options.start({
        ...this.#events,
        onOutcomes: outcomes => {
          this.#outstanding -= outcomes.length
          for (const [, { seconds }] of outcomes) this.pace.note(seconds)
          if (post.runner.outstanding.size === 0) post.isAlone = false
          this.#idleEnds = 0
          this.#feed(post)
          this.#events.onOutcomes(outcomes)
        },
        onReturned: tasks => {
          this.#outstanding -= tasks.length
          this.#handBack(tasks)
          this.#feedAll()
        },
        onEnd: (end, tasks) => this.#bury(post, end, tasks),
      }),
    }
    this.#posts.add(post)
    post.runner.ready.then(
      () => {
        post.isReady = true
        this.#feed(post)
      },
      error => {
        if (this.#state !== 'ended') this.#events.onFault(error)
      },
    )
    return post
  }

  /** Back in line before all others, or back to the queue when nothing is to be begun. */
  #handBack(tasks: readonly Task[]): void {
    const lost = tasks.filter(({ isLost }) => isLost)
    if (lost.length > 0) this.#events.onUnfinished(lost)
    this.#waiting.pushFront(tasks.filter(({ isLost }) => !isLost))
    if (this.#state === 'working' || this.#state === 'paused') return
    const all = [...this.#alone.takeAll(), ...this.#waiting.takeAll()]
    if (all.length > 0) this.#events.onUnfinished(all)
  }

  #bury(post: Post<Task>, end: RunnerEnd, tasks: readonly Task[]): void {
    this.#posts.delete(post)
    if (this.#reserved === post) this.#reserved = undefined
    this.#outstanding -= tasks.length
    const [only] = tasks
    if (!end.blames || this.#state === 'ended') this.#handBack(tasks)
    else if (tasks.length === 1 && only !== undefined)
      this.#events.onCrash(only, end.failure, end.reason, end.output)
    else if (tasks.length > 1) {
      for (const task of tasks) task.alone = true
      this.#alone.pushFront(tasks)
      this.#handBack([])
    } else this.#noteIdleEnd(post, end)
    if (this.#state === 'ended') return
    if (post.isReady && this.#posts.size < this.#options.concurrency) this.#hire()
  }

  #noteIdleEnd(post: Post<Task>, end: RunnerEnd): void {
    if (!post.isReady) return
    this.#idleEnds += 1
    if (this.#idleEnds < idleEndsInARow) return
    const said = end.output === '' ? '' : ` The last one said: ${end.output.slice(-2000)}`
    this.#events.onFault(
      new Error(
        `${idleEndsInARow} runners in a row ended before they had a task: ${end.reason}.${said}`,
      ),
    )
  }

  #feedAll(): void {
    for (const post of this.#posts) {
      if (this.#unsent === 0) return
      this.#feed(post)
    }
  }

  #feed(post: Post<Task>): void {
    const { recycleAfter } = this.#options
    const { runner } = post
    if (recycleAfter > 0 && post.sent >= recycleAfter) {
      if (runner.outstanding.size === 0) this.#retire(post)
      return
    }
    if (!post.isReady || post.isAlone || this.#state !== 'working') return
    if (this.#isReservedForAlone(post)) {
      const task = runner.outstanding.size === 0 ? this.#alone.shift() : undefined
      if (task === undefined) return
      post.isAlone = true
      this.#reserved = undefined
      this.#send(post, [task])
      return
    }
    const count = this.#roomOf(post)
    if (count <= 0) return
    const tasks = this.#waiting.take(count)
    if (tasks.length > 0) this.#send(post, tasks)
  }

  /** One runner at a time waits to be free for those that run alone, unless nothing else is left. */
  #isReservedForAlone(post: Post<Task>): boolean {
    if (this.#alone.size === 0) return false
    if (this.#waiting.size === 0) return true
    this.#reserved ??= post
    return this.#reserved === post
  }

  /** How many tasks to send: whole messages, so that fast tasks do not make many small ones. */
  #roomOf({ runner, sent }: Post<Task>): number {
    const { atOnce, recycleAfter } = this.#options
    const { frame, ahead } = this.pace
    const depth = atOnce + (runner.isSlow || ahead === 0 ? 0 : 2 * frame - 1)
    const room = depth - runner.outstanding.size
    const isWorthIt = room >= frame || runner.outstanding.size < atOnce
    const left = recycleAfter > 0 ? recycleAfter - sent : room
    return isWorthIt ? Math.min(room, left) : 0
  }

  #send(post: Post<Task>, tasks: readonly Task[]): void {
    post.sent += tasks.length
    this.#outstanding += tasks.length
    post.runner.run(tasks)
  }

  #retire(post: Post<Task>): void {
    this.#posts.delete(post)
    post.runner.end()
    if (this.#state !== 'ended') this.#hire()
  }
}
