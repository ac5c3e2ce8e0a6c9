import { Feeder } from './feeder.ts'
import type { RunOutcome, ShutdownReason } from './messages.ts'
import { type Post, Posts } from './posts.ts'
import type { FailureKind } from './retry.ts'
import type { Runner, RunnerEnd, RunnerEvents } from './runner.ts'
import { TaskTimes } from './task-times.ts'
import type { CrewTask } from './waiting-tasks.ts'

/** What a crew tells the supervisor. */
export interface CrewEvents<Task> {
  readonly onOutcomes: (outcomes: readonly (readonly [Task, RunOutcome])[]) => void
  /** The task took its runner along, or had to be killed. */
  readonly onCrash: (task: Task, failure: FailureKind, reason: string, output: string) => void
  /** Not run, or stopped by the worker: to be released without a charge. */
  readonly onUnfinished: (tasks: readonly Task[]) => void
  /** A runner met tasks that were inserted with this code. */
  readonly onMet: (code: string) => void
  readonly onLog: (task: Task, message: string) => void
  readonly onProgress: (task: Task, fraction: number) => void
  /** `task` is absent where it cannot be told which one wrote the text. */
  readonly onOutput: (text: string, task?: Task) => void
  /** No runner can be kept alive: there is no point in going on. */
  readonly onFault: (error: unknown) => void
}

/** How many runners there are, and how they are started and replaced. */
export interface CrewOptions<Task> {
  readonly concurrency: number
  readonly atOnce: number
  /** A runner is replaced after this many tasks; 0: never. */
  readonly recycleAfter: number
  readonly start: (events: RunnerEvents<Task>) => Runner<Task>
  /** Outcomes that have come and are not recorded yet. */
  readonly unrecorded: () => number
}

/** Runners that end this often without having had a task are broken, not their tasks. */
const idleEndsInARow = 5

/** Keeps runners alive, has them fed, and finds out who kills them. */
export class Crew<Task extends CrewTask> {
  readonly times = new TaskTimes()
  readonly #options: CrewOptions<Task>
  readonly #events: CrewEvents<Task>
  readonly #posts = new Posts<Task>()
  readonly #feeder: Feeder<Task>
  readonly #accepted = new Set<string>()
  readonly #loading = new Set<object>()
  #idleEnds = 0
  #hasLoaded = false
  #state: 'working' | 'paused' | 'recalling' | 'ended' = 'working'

  constructor(options: CrewOptions<Task>, events: CrewEvents<Task>) {
    this.#options = options
    this.#events = events
    const { atOnce, recycleAfter, unrecorded } = options
    this.#feeder = new Feeder({
      ...{ posts: this.#posts, times: this.times, atOnce, recycleAfter, unrecorded },
      isWorking: () => this.#state === 'working',
      onWorn: post => this.#retire(post),
    })
  }

  /** Starts one runner, and the others once it is ready; rejects when the task cannot be loaded. */
  async begin(): Promise<void> {
    await this.#hire().runner.ready
    while (
      this.#state !== 'recalling' &&
      this.#state !== 'ended' &&
      this.#posts.size < this.#options.concurrency
    )
      this.#hire()
  }

  /** Runners that have not loaded the task yet. */
  get loading(): Iterable<object> {
    return this.#loading
  }

  /** Whether no runner has loaded the task so far, and some are at it. */
  get isLoading(): boolean {
    return !this.#hasLoaded && this.#loading.size > 0
  }

  /** Tasks that are here in whatever state. */
  get inHand(): number {
    return this.#feeder.inHand
  }

  /** How many tasks it is good to have here. */
  get target(): number {
    const { concurrency, atOnce, recycleAfter } = this.#options
    const ahead = recycleAfter === 1 ? 0 : this.times.ahead
    return concurrency * (atOnce + ahead)
  }

  /** Whether some runner could begin a task that is not here. */
  get isStarving(): boolean {
    const { concurrency, atOnce } = this.#options
    return this.inHand < concurrency * atOnce
  }

  add(tasks: readonly Task[]): void {
    this.#feeder.add(tasks)
  }

  /** Gives runners what there is room for: outcomes were recorded. */
  feed(): void {
    this.#feeder.feedAll()
  }

  /** Begins nothing new until `resume`. */
  pause(): void {
    if (this.#state === 'working') this.#state = 'paused'
  }

  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'working'
    this.#feeder.feedAll()
  }

  /** Hands back all that has not begun, and begins nothing any more; running tasks are told. */
  recall(): void {
    this.#state = 'recalling'
    this.#handBack([])
    for (const { runner } of this.#posts) {
      runner.announceShutdown('told')
      runner.recall()
    }
  }

  /** Tells running tasks why the worker is about to stop. */
  announce(why: ShutdownReason): void {
    for (const { runner } of this.#posts) runner.announceShutdown(why)
  }

  /** Has tasks run that were inserted with these codes too, also by runners that are yet to start. */
  accept(codes: readonly string[]): void {
    const added = codes.filter(code => !this.#accepted.has(code))
    if (added.length === 0) return
    for (const code of added) this.#accepted.add(code)
    for (const { runner } of this.#posts) runner.accept(added)
  }

  /** Aborts a task's signal; one that has not begun is forgotten. */
  drop(task: Task, reason: string): void {
    for (const { runner } of this.#posts) {
      if (runner.outstanding.has(task.ref)) {
        runner.abort(task.ref, reason)
        return
      }
    }
    if (this.#feeder.remove(task)) this.#events.onUnfinished([task])
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
    const runner = this.#options.start({
      ...this.#events,
      onOutcomes: outcomes => this.#take(post, outcomes),
      onReturned: tasks => {
        this.#feeder.left(tasks.length)
        this.#handBack(tasks)
        if (post.house.isAlone && post.runner.outstanding.size === 0)
          this.#feeder.endAlone(post.house)
        this.#feeder.feedAll()
      },
      onEnd: (end, tasks) => this.#bury(post, end, tasks),
    })
    const post = this.#posts.add(runner)
    this.#loading.add(post)
    if (this.#accepted.size > 0) runner.accept([...this.#accepted])
    runner.ready.then(
      () => {
        this.#hasLoaded = true
        this.#loading.delete(post)
        this.#feeder.feed(post)
      },
      error => {
        if (this.#state !== 'ended' && !post.hasFallen) this.#events.onFault(error)
      },
    )
    return post
  }

  #take(post: Post<Task>, outcomes: readonly (readonly [Task, RunOutcome])[]): void {
    const { runner, house } = post
    this.#feeder.left(outcomes.length)
    for (const [, { seconds }] of outcomes) this.times.note(seconds)
    this.#idleEnds = 0
    if (house.isAlone && runner.outstanding.size === 0) this.#feeder.endAlone(house)
    else this.#feeder.feed(post)
    this.#events.onOutcomes(outcomes)
  }

  /** Back in line before all others, or back to the queue when nothing is to be begun. */
  #handBack(tasks: readonly Task[]): void {
    const lost = tasks.filter(({ isLost }) => isLost)
    if (lost.length > 0) this.#events.onUnfinished(lost)
    this.#feeder.putBack(lost.length === 0 ? tasks : tasks.filter(({ isLost }) => !isLost))
    if (this.#state === 'working' || this.#state === 'paused') return
    const all = this.#feeder.takeAll()
    if (all.length > 0) this.#events.onUnfinished(all)
  }

  #bury(post: Post<Task>, end: RunnerEnd, tasks: readonly Task[]): void {
    const { house } = post
    this.#dismiss(post)
    post.hasFallen = this.#hasLoaded && !end.hadBegun && !end.isRefused
    const isReplaced = end.hadBegun || post.hasFallen
    this.#feeder.left(tasks.length)
    const [only] = tasks
    if (!end.blames || this.#state === 'ended') this.#handBack(cutOff(tasks))
    else if (end.suspects === 0 && isReplaced) this.#noteIdleEnd(end)
    else if (end.suspects === 1 && only !== undefined)
      this.#events.onCrash(only, end.failure, end.reason, end.output)
    else {
      for (const task of tasks) task.alone = true
      this.#handBack(tasks)
    }
    if (this.#state === 'ended') return
    if (house.isAlone && tasks.length > 0) this.#feeder.endAlone(house)
    if (isReplaced && this.#posts.size < this.#options.concurrency) this.#hire()
    this.#feeder.feedAll()
  }

  #dismiss(post: Post<Task>): void {
    this.#posts.remove(post)
    this.#loading.delete(post)
    this.#feeder.forget(post.house)
  }

  #noteIdleEnd(end: RunnerEnd): void {
    this.#idleEnds += 1
    if (this.#idleEnds < idleEndsInARow) return
    const said = end.output === '' ? '' : ` The last one said: ${end.output.slice(-2000)}`
    this.#events.onFault(
      new Error(
        `${idleEndsInARow} runners in a row ended before they had a task: ${end.reason}.${said}`,
      ),
    )
  }

  #retire(post: Post<Task>): void {
    this.#dismiss(post)
    post.runner.end()
    if (this.#state !== 'ended') this.#hire()
  }
}

/** The second time a task runs alone, or others that fail again and again would never let it end. */
function cutOff<Task extends CrewTask>(tasks: readonly Task[]): readonly Task[] {
  for (const task of tasks) {
    task.alone ||= task.wasCutOff
    task.wasCutOff = true
  }
  return tasks
}
