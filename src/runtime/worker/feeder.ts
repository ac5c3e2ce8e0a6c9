import type { House, Post } from './posts.ts'
import type { TaskTimes } from './task-times.ts'
import { type CrewTask, WaitingTasks } from './waiting-tasks.ts'

/** Who is fed, and how much at once. */
export interface FeederOptions<Task> {
  readonly posts: Iterable<Post<Task>>
  readonly times: TaskTimes
  /** Tasks that one runner runs at the same time. */
  readonly atOnce: number
  /** A runner is replaced after this many tasks; 0: never. */
  readonly recycleAfter: number
  /** Outcomes that have come and are not recorded yet. */
  readonly unrecorded: () => number
  /** Whether anything may be begun. */
  readonly isWorking: () => boolean
  /** A runner that is to be replaced has nothing to do. */
  readonly onWorn: (post: Post<Task>) => void
}

/** Nothing more is sent to runners while so many outcomes wait to be recorded: they are what a kill costs. */
export const mostUnrecorded = 1000

/** Holds the tasks that no runner has yet, and says which runner gets which of them, and when. */
export class Feeder<Task extends CrewTask> {
  readonly #options: FeederOptions<Task>
  readonly #waiting = new WaitingTasks<Task>()
  /** Tasks that are with runners. */
  #outstanding = 0

  constructor(options: FeederOptions<Task>) {
    this.#options = options
  }

  /** Tasks that wait here or are with runners. */
  get inHand(): number {
    return this.#outstanding + this.#waiting.size
  }

  add(tasks: readonly Task[]): void {
    this.#waiting.add(tasks)
    this.feedAll()
  }

  /** Takes tasks back from whoever had them, before all others. */
  putBack(tasks: readonly Task[]): void {
    this.#waiting.putBack(tasks)
  }

  /** All that no runner has; none of it is here any more. */
  takeAll(): readonly Task[] {
    return this.#waiting.takeAll()
  }

  /** Says whether the task was here, with no runner. */
  remove(task: Task): boolean {
    return this.#waiting.remove(task)
  }

  /** So many tasks are no longer with runners, whatever became of them. */
  left(count: number): void {
    this.#outstanding -= count
  }

  /** The house is to be filled no more. */
  forget(house: House<Task>): void {
    this.#waiting.forget(house)
  }

  /** The task that ran alone in a house has left it. */
  endAlone(house: House<Task>): void {
    house.isAlone = false
    for (const post of house.posts) this.feed(post)
  }

  feedAll(): void {
    const { posts, unrecorded } = this.#options
    if (unrecorded() >= mostUnrecorded) return
    for (const post of posts) {
      if (this.#waiting.size === 0) return
      this.feed(post)
    }
  }

  feed(post: Post<Task>): void {
    const { recycleAfter, unrecorded, isWorking, onWorn } = this.#options
    const { runner, house } = post
    if ((recycleAfter > 0 && post.sent >= recycleAfter) || runner.isWorn) {
      if (runner.outstanding.size === 0) onWorn(post)
      return
    }
    if (!runner.isOpen || house.isAlone || !isWorking()) return
    if (unrecorded() >= mostUnrecorded) return
    if (this.#waiting.isReserved(house)) {
      this.#feedAlone(post)
      return
    }
    const count = this.#roomOf(post)
    if (count <= 0) return
    const tasks = this.#waiting.take(count)
    if (tasks.length > 0) this.#send(post, tasks)
  }

  #feedAlone(post: Post<Task>): void {
    const { house } = post
    for (const { runner } of house.posts) if (runner.outstanding.size > 0) return
    const task = this.#waiting.takeAlone()
    if (task === undefined) return
    house.isAlone = true
    this.#send(post, [task])
  }

  /** How many tasks to send: whole messages, so that fast tasks do not make many small ones. */
  #roomOf({ runner, sent }: Post<Task>): number {
    const { atOnce, recycleAfter } = this.#options
    const { ahead, frame, stock } = this.#options.times
    const depth = atOnce + (runner.isSlow || ahead === 0 ? 0 : stock - 1)
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
}
