import { Line } from './line.ts'
import type { Assignment } from './messages.ts'

/** A task that is to be run, alone in its house where it is suspected of bringing it down. */
export interface CrewTask extends Assignment {
  alone: boolean
  /** A run of it ended since another task's fault ended its process. */
  wasCutOff: boolean
  /** The lease is gone: whatever comes of the run is of no use. */
  readonly isLost: boolean
}

/** Tasks that no runner has yet: those that may go together, and those that run alone. */
export class WaitingTasks<Task extends CrewTask> {
  readonly #together = new Line<Task>()
  readonly #alone = new Line<Task>()
  /** Takes no more until it is free for a task that runs alone. */
  #reserved: object | undefined

  get size(): number {
    return this.#together.size + this.#alone.size
  }

  add(tasks: readonly Task[]): void {
    const suspects = tasks.filter(({ alone }) => alone)
    this.#alone.push(suspects)
    this.#together.push(suspects.length === 0 ? tasks : tasks.filter(({ alone }) => !alone))
  }

  /** Puts tasks before all others. */
  putBack(tasks: readonly Task[]): void {
    const suspects = tasks.filter(({ alone }) => alone)
    if (suspects.length > 0) this.#alone.pushFront(suspects)
    this.#together.pushFront(suspects.length === 0 ? tasks : tasks.filter(({ alone }) => !alone))
  }

  take(count: number): readonly Task[] {
    return this.#together.take(count)
  }

  takeAlone(): Task | undefined {
    this.#reserved = undefined
    return this.#alone.shift()
  }

  takeAll(): readonly Task[] {
    return [...this.#alone.takeAll(), ...this.#together.takeAll()]
  }

  /** Says whether the task was here. */
  remove(task: Task): boolean {
    const isIt = (one: Task) => one === task
    return this.#alone.remove(isIt) || this.#together.remove(isIt)
  }

  /** One house at a time waits to be free for those that run alone, unless nothing else is left. */
  isReserved(house: object): boolean {
    if (this.#alone.size === 0) return false
    if (this.#together.size === 0) return true
    this.#reserved ??= house
    return this.#reserved === house
  }

  /** The house is gone, or is not to be filled any more. */
  forget(house: object): void {
    if (this.#reserved === house) this.#reserved = undefined
  }
}
