import type { Need } from './needs.ts'

export type { Need } from './needs.ts'

/**
 * The seam: what a store must do to be a queue. Types only.
 *
 * message   what a driver keeps: an id, an opaque body, a few headers it may act on
 * lease     a message on loan until a deadline, proven by a token
 * token     opaque proof of one lease; goes stale when the lease ends, whatever ended it
 * held      what a worker hands back to say which lease it means: id and token
 * attempts  runs charged to a task so far; the worker decides what counts as a run
 * ready     waiting and free to be leased; delayed: waiting until a time; leased: on loan;
 * done      finished, kept so that the id is known; dead: buried with a reason until revived
 * record    opaque text kept with a finished or dead task (the outcome, the stack)
 *
 * Every verb takes and answers arrays: throughput is a matter of batching. Every verb bears being
 * repeated after an `unavailable` error, which means "unknown", never "not done"; a lease answered
 * `lost` after one may have been finished by the first try. Seconds are real
 * numbers. `undefined` is "cannot know" or "absent", `[]` is "none".
 */

/** What `openQueue` needs to know of a driver before any file or service is touched. */
export interface DriverModule {
  /** The part of a queue's URL before the first colon, in lower case. */
  readonly scheme: string
  /** How a URL of this driver is written, for help and errors: `sqlite:queue.db`. */
  readonly example: string
  /** What the user installs beside this package for the driver to work; absent when nothing. */
  readonly needs?: Need
  /** When a queue is made: by whoever opens it (the default), or only by who asks for it, as it costs money. */
  readonly making?: 'on opening' | 'when asked'
  readonly open: (address: string, options: OpenOptions) => Promise<Driver>
  /** What such queues promise and bear unless one says otherwise; absent where opening one is free. */
  readonly usual?: Pick<Driver, 'traits' | 'limits'>
  /** Looks at what there is of a queue, so that it can be shown and deleted; makes nothing. */
  readonly inventory?: (address: string, options: OpenOptions) => Promise<Inventory>
}

/** What a queue consists of in its store, with the queues beside it. */
export interface Inventory {
  /** What `remove` would delete, as people of that store name it; `[]` when nothing is there. */
  readonly parts: readonly string[]
  /** What is there and must stay, each with the reason. */
  readonly left: readonly { readonly name: string; readonly why: string }[]
  /** Deletes the parts, with all that is in them, and nothing else. */
  remove(): Promise<void>
}

/** What a driver takes from outside, so that tests can pass in their own. */
export interface OpenOptions {
  /** Whether a queue that does not exist may be made. */
  readonly create: boolean
  readonly clock: Clock
  /** A number in [0, 1), for jitter. */
  readonly random: () => number
}

/** The time as a driver sees it. */
export interface Clock {
  /** Wall clock in milliseconds since 1970; may jump either way. */
  now(): number
  /** Milliseconds that only go forward while the machine is up, the same for every process on it. */
  monotonic(): number
  /** Names the span in which `monotonic` is comparable; `undefined` where that cannot be known. */
  readonly bootId: string | undefined
  /** Resolves after `milliseconds`; rejects with the signal's reason when aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

/**
 * How a driver's bodies are written: `taskq` is our own envelope, `python` that of
 * python-task-queue. No scheme appears in the core: this is all it asks.
 */
export type Wire = 'taskq' | 'python'

/** A store as a queue: eight verbs over arrays, and what else it can do. */
export interface Driver {
  /** The queue's URL without secrets, for messages. */
  readonly url: string
  readonly wire: Wire
  /** What bodies call this queue, on a wire that repeats its name in each. Default: the url. */
  readonly queueName?: string
  /** The queue's own file or folder; absent where it has none on this machine. */
  readonly path?: string
  /**
   * What a service itself calls the place where inserts arrive, the same for every spelling of the
   * URL; absent where there is a path, and where the service does not say.
   */
  readonly identity?: string
  readonly limits: Limits
  readonly traits: Traits

  /** Adds messages; answers in their order whether each id was new. An id already there is left as it is. */
  insert(messages: readonly Message[]): Promise<readonly InsertAnswer[]>
  /** Lends up to `max` messages for `seconds`; `[]` when there is none within `waitSeconds`. */
  lease(request: LeaseRequest): Promise<readonly Lease[]>
  /** Moves the deadline of each lease to `seconds` from now. */
  extend(leases: readonly Held[], seconds: number): Promise<readonly HeldAnswer[]>
  /** Gives each message back, to be leased again after `delaySeconds` (default 0). */
  release(leases: readonly Held[], delaySeconds?: number): Promise<readonly HeldAnswer[]>
  /** Finishes each message: it is never leased again. */
  complete(leases: readonly Held[]): Promise<readonly HeldAnswer[]>
  counts(): Promise<Counts>
  /** How many tasks were done or died lately, where the store can tell that at once. */
  readonly finishedLately?: (withinSeconds: number) => Promise<Lately>
  /**
   * Removes everything: waiting, leased, done and dead. Outstanding leases are lost. `told` hears now
   * and then how much is gone, where that takes long.
   */
  purge(told?: (removed: number) => Promise<void>): Promise<void>
  /**
   * Lets go of the store after what was asked before has been answered. Leases stay as they are. A
   * service may be silent for minutes: drivers of one wait no longer once `hurry` is aborted.
   */
  close(hurry?: AbortSignal): Promise<void>

  readonly tasks?: TaskDesk
  readonly results?: ResultBook
  readonly counters?: Counters
  readonly upkeep?: Upkeep
  readonly notes?: NoteBook
  /** Opens the queue that stands beside this one for what the store itself cannot keep. */
  readonly companion?: (purpose: 'dead' | 'results') => Promise<Driver>
}

/** What a driver keeps of a task. */
export interface Message {
  /** Names the task; 1 to 512 bytes of well-formed text without control characters. */
  readonly id: string
  /** Opaque, well-formed text. Comes back as the same characters. */
  readonly body: string
  readonly headers?: Headers
  /** The task was in the queue before and is wanted again: a store that drops repeats must not drop it. */
  readonly again?: true
}

/** What a store may act on. A driver that cannot honour a header refuses the message that carries it. */
export interface Headers {
  /** Higher is leased first; a whole number from -1000 to 1000. Default 0. */
  readonly priority?: number
  /** Not leased before this many seconds have passed. Default 0. */
  readonly delaySeconds?: number
}

/** Whether an id was new, or was in the queue already and stays as it is. */
export type InsertAnswer = 'new' | 'present'

/** How many messages are wanted, for how long and by whom. */
export interface LeaseRequest {
  readonly max: number
  readonly seconds: number
  /** How long to wait for the first message. Default 0. */
  readonly waitSeconds?: number
  /** Ends the waiting with the signal's reason. Nothing stays leased by a call that rejects. */
  readonly signal?: AbortSignal
  readonly worker: WorkerId
}

/** Who asks, for people who look at the queue and for stores that bind tasks to workers. */
export interface WorkerId {
  readonly id: string
  readonly labels?: Readonly<Record<string, string>>
}

/** Which lease is meant. */
export interface Held {
  readonly id: string
  readonly token: string
  /** Where given, runs charged so far; the store remembers the most it was ever told. */
  readonly attempts?: number
}

/** A message on loan until its deadline. */
export interface Lease extends Held {
  readonly body: string
  readonly headers: Headers
  /** Runs charged to the task before this lease. */
  readonly attempts: number
  /**
   * How often the task has been lent, this time included; a loan that was given back uncharged need
   * not be counted. `undefined` where the store does not count.
   */
  readonly deliveries: number | undefined
  /** How long ago the store got it; absent where age is no matter, for it keeps what it has. */
  readonly ageSeconds?: number
}

/** `lost`: the token is stale; nothing was changed. */
export type HeldAnswer = 'done' | 'lost'

/** `undefined` is "cannot know". */
export interface Counts {
  readonly ready: number | undefined
  readonly delayed: number | undefined
  readonly leased: number | undefined
  readonly done: number | undefined
  readonly dead: number | undefined
}

/** Tasks that were done or died in a span of time that ends now. */
export interface Lately {
  readonly finished: number
  /** The span: that asked for, or less where the first of them came later or no more is remembered. */
  readonly seconds: number
}

/** The capability of counting as python-task-queue does, beside the tasks themselves. */
export interface Counters {
  /** Since they were last set to zero. */
  read(): Promise<{ readonly inserted: number; readonly completed: number }>
  /** Sets both to zero. */
  rezero(): Promise<void>
}

/** The capability of keeping small texts with the queue, for everybody who opens it. */
export interface NoteBook {
  /** Keeps each text under its name, in place of what was there. `purge` removes them with the rest. */
  write(notes: readonly Note[]): Promise<void>
  /** All of them, sorted by name: there are few. */
  read(): Promise<readonly Note[]>
}

/** One note: a name and its text. */
export interface Note {
  /** As an id of a task: 1 to 512 bytes of well-formed text without control characters. */
  readonly name: string
  /** 1 to 4096 bytes of well-formed text. */
  readonly text: string
}

/** The capability of looking after a store that other programs and crashes can leave in disorder. */
export interface Upkeep {
  /** Looks through the store, mending what can be; changes nothing under `look`. */
  check(how: 'look' | 'mend'): Promise<readonly Finding[]>
}

/** Something that is not as it should be. */
export interface Finding {
  /** What kind of disorder: `stray`, `torn`. */
  readonly kind: string
  /** On what: a file's name. */
  readonly name: string
  /** What it means and what mending does, for people. */
  readonly says: string
  /** `left`: nothing was done, because only looking was asked for or because nothing can be done. */
  readonly state: 'mended' | 'left'
}

/** What the store can bear, as data: the core splits, checks and warns; drivers do not. */
export interface Limits {
  /** Messages or leases in one call. */
  readonly batch: number
  /** Bodies in one call, added up. */
  readonly batchBytes: number
  /** One body in UTF-8. */
  readonly bodyBytes: number
  /** The longest single lease or extension. */
  readonly leaseSeconds: number
  /** The longest a message can be held by extending; `undefined` where there is no end. */
  readonly heldSeconds: number | undefined
  readonly delaySeconds: number
  /** The longest a call to `lease` may wait. */
  readonly waitSeconds: number
  /** How long `counts` may lag behind; 0 where they are exact. */
  readonly settleSeconds: number
  /** How old a task gets before the store deletes it, finished or not; absent where it never does. */
  readonly keptSeconds?: number
}

/** Promises, each checked by the conformance suite. */
export interface Traits {
  /** A stale token can do nothing to the task. */
  readonly fenced: boolean
  /** An id is accepted once, also after it is done or dead. */
  readonly unique: boolean
  /** Leased by priority, then in the order inserted. */
  readonly ordered: boolean
  /** What was answered survives a power cut. */
  readonly durable: boolean
}

/** Where a task stands, in the words at the top. */
export type TaskState = 'ready' | 'delayed' | 'leased' | 'done' | 'dead'

/** The capability of looking at single tasks and of deciding over them by id. */
export interface TaskDesk {
  /**
   * A page of the tasks of the given states (default: all), state by state: leased, ready (the
   * next to be leased first), delayed, dead, done. What changes its state meanwhile may be missed.
   */
  list(request: { readonly states?: readonly TaskState[] } & PageRequest): Promise<Page<TaskView>>
  /** Those of the ids that are there, in the order asked. */
  get(ids: readonly string[]): Promise<readonly TaskView[]>
  /** Which of the ids are there, in whatever state; in the order asked, without their bodies. */
  has(ids: readonly string[]): Promise<readonly boolean[]>
  /** Forgets each task, whatever its state; a holder loses its lease. */
  remove(ids: readonly string[]): Promise<readonly IdAnswer[]>
  /** Sets tasks aside as dead, by lease (a worker) or by id alone (a person: any task but a done one). */
  bury(burials: readonly Burial[]): Promise<readonly (HeldAnswer | 'absent')[]>
  /**
   * Makes tasks of one state ready again: dead ones with no attempts charged, leased ones as they
   * are, which takes them from their holders.
   */
  revive(ids: readonly string[], from: 'dead' | 'leased'): Promise<readonly IdAnswer[]>
}

/** `absent`: no task of that id is in a state that the verb applies to; nothing was changed. */
export type IdAnswer = 'done' | 'absent'

/** A task that is to be dead, and why. */
export interface Burial {
  readonly id: string
  /** The lease under which the task is buried; without it the task is buried whoever holds it. */
  readonly token?: string
  readonly attempts?: number
  /** A word or sentence for people: `cancelled`, `gave up: no such cell`. */
  readonly reason: string
  readonly record?: string
}

/** A task as it lies in the store. */
export interface TaskView {
  readonly id: string
  readonly state: TaskState
  readonly body: string
  readonly headers: Headers
  readonly attempts: number
  readonly deliveries: number | undefined
  /** Until the delay or the lease ends; at most 0 when it has. */
  readonly secondsLeft?: number
  /** Who holds or held it. */
  readonly worker?: string
  /** Why it is dead. */
  readonly reason?: string
  /** What was kept with it when it finished or died. */
  readonly record?: string
}

/** The capability of keeping an outcome with its task. */
export interface ResultBook {
  /** Records each outcome and completes its task: both or neither. */
  settle(settlements: readonly Settlement[]): Promise<readonly HeldAnswer[]>
  /** A page of what is done, in the order it was finished; reading changes nothing. */
  read(request: FinishedRequest): Promise<Page<FinishedTask>>
}

/** A lease that is to be completed, with what is recorded of its task. */
export interface Settlement extends Held {
  readonly record: string
}

/** A task that is done, as results are read. */
export interface FinishedTask {
  readonly id: string
  readonly attempts: number
  /** Absent when the task was completed without one. */
  readonly record?: string
  /** Only where asked for and at hand; else `tasks.get` has it. */
  readonly body?: string
}

/** Which page of results is wanted. */
export interface FinishedRequest extends PageRequest {
  /** Whether bodies come along where the store has them at hand. Default false. */
  readonly bodies?: boolean
}

/** Which page of a listing is wanted. */
export interface PageRequest {
  /** Where the last page ended (`next`); absent for the first. */
  readonly after?: string
  readonly max: number
}

/** One page; an empty one is the end. */
export interface Page<Item> {
  readonly items: readonly Item[]
  /** Pass as `after` to go on behind the last item; absent when there is none. */
  readonly next?: string
}
