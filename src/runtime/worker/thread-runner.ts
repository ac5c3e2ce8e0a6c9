import { Dialogue } from './dialogue.ts'
import { type Gone, House, type HouseOptions } from './house.ts'
import type { Assignment, RunnerOrders, ShutdownReason } from './messages.ts'
import { heapShare } from './process-runner.ts'
import type { Runner, RunnerEvents } from './runner.ts'
import type { KilledFor } from './runner-end.ts'

/** What threads are told, how many they are and how large they may get. */
export interface ThreadOptions {
  readonly orders: RunnerOrders
  /** Threads in all. */
  readonly concurrency: number
  /** Of each thread's heap; a process may have it as often as it has threads. */
  readonly memoryLimit: number | undefined
  readonly recycleAbove: number | undefined
}

/**
 * More in one process save little (8 threads take 107 MB, 8 processes 136), and all of them start
 * anew when one brings it down.
 */
const mostThreads = 8

/** Starts runners that are threads, evenly spread over as few processes as bear them. */
export function threadStarter<Task extends Assignment>(
  options: ThreadOptions,
): (events: RunnerEvents<Task>) => Runner<Task> {
  const { orders, concurrency, memoryLimit, recycleAbove } = options
  const threads = Math.ceil(concurrency / Math.ceil(concurrency / mostThreads))
  const heapMegabytes =
    memoryLimit === undefined ? 0 : Math.floor((memoryLimit * heapShare) / 2 ** 20)
  const plan: HouseOptions = { memoryLimit, recycleAbove, threads, heapMegabytes }
  let houses: House[] = []
  return events => {
    houses = houses.filter(({ hasRoom }) => hasRoom)
    const house = houses[0] ?? new House(plan)
    if (houses.length === 0) houses.push(house)
    return new ThreadRunner(house, orders, memoryLimit, events)
  }
}

class ThreadRunner<Task extends Assignment> implements Runner<Task> {
  readonly house: House
  readonly #dialogue: Dialogue<Task>
  readonly #thread: number
  readonly #memoryLimit: number | undefined
  #killedFor: KilledFor | undefined

  constructor(
    house: House,
    orders: RunnerOrders,
    memoryLimit: number | undefined,
    events: RunnerEvents<Task>,
  ) {
    this.house = house
    this.#memoryLimit = memoryLimit
    const dialogue = new Dialogue(orders, events, frame => house.write(this.#thread, frame))
    this.#dialogue = dialogue
    const killedFor = () => this.#killedFor
    this.#thread = house.open({
      get isReady() {
        return dialogue.isReady
      },
      get load() {
        return dialogue.outstanding.size
      },
      get killedFor() {
        return killedFor()
      },
      hear: frame => dialogue.hear(frame),
      note: (text, isShown) => dialogue.note(text, isShown),
      refuse: error => dialogue.refuse(error),
      gone: how => this.#gone(how),
    })
    dialogue.open()
  }

  get ready(): Promise<void> {
    return this.#dialogue.ready
  }

  get isOpen(): boolean {
    return this.#dialogue.isOpen && this.#killedFor === undefined && this.house.isOpen
  }

  get outstanding(): ReadonlyMap<number, Task> {
    return this.#dialogue.outstanding
  }

  get isSlow(): boolean {
    return this.#dialogue.isSlow
  }

  get isWorn(): boolean {
    return this.house.memory.isWorn
  }

  get memoryBytes(): number | undefined {
    return this.house.bytesOfEach
  }

  run(tasks: readonly Task[]): void {
    this.#dialogue.run(tasks)
  }

  recall(): void {
    this.#dialogue.recall()
  }

  abort(ref: number, reason: string): void {
    this.#dialogue.abort(ref, reason)
  }

  announceShutdown(why: ShutdownReason): void {
    this.#dialogue.announceShutdown(why)
  }

  accept(codes: readonly string[]): void {
    this.#dialogue.accept(codes)
  }

  check(now: number): void {
    const { house } = this
    if (this.#dialogue.isOverdue(now)) this.#killFor('timeout')
    if (house.memory.isAbove(now, () => house.bytes)) house.kill('memory')
  }

  end(): void {
    this.#killedFor ??= 'stop'
    this.house.close(this.#thread)
  }

  kill(): void {
    this.#killFor('stop')
  }

  #killFor(why: KilledFor): void {
    if (this.#killedFor !== undefined) return
    this.#killedFor = why
    this.house.terminate(this.#thread)
  }

  #gone({ error, ...how }: Gone): void {
    const { suspects, hadBegun, where } = how
    const limit = where === 'thread' ? this.#memoryLimit : this.house.memory.limit
    const isHeapFull = error === 'ERR_WORKER_OUT_OF_MEMORY'
    const described = this.#dialogue.describe({ ...how, limit, isHeapFull })
    this.#dialogue.close({ ...described, suspects, hadBegun })
  }
}
