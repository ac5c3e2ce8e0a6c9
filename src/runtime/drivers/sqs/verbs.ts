import type { Message as SqsMessage } from '@aws-sdk/client-sqs'
import type {
  Clock,
  Held,
  HeldAnswer,
  InsertAnswer,
  Lease,
  LeaseRequest,
  Message,
  OpenOptions,
} from '../../queue/driver.ts'
import { TaskqError } from '../../queue/errors.ts'
import { heldSeconds } from './limits.ts'
import { attemptsOf, type Loan, Loans, nextTag, visibilitySeconds } from './loans.ts'
import { freshTag, unpack } from './message.ts'
import type { SqsQueue } from './queue.ts'
import { type Haul, Receiver } from './receiver.ts'
import { type Parcel, Requests } from './requests.ts'

/** The verbs of the seam on one queue of SQS. */
export class Verbs {
  readonly #name: string
  readonly #clock: Clock
  readonly #requests: Requests
  readonly #loans = new Loans()
  readonly #receiver: Receiver

  constructor(queue: SqsQueue, options: OpenOptions, closing: AbortSignal) {
    this.#name = queue.name
    this.#clock = options.clock
    const requests = new Requests(queue, options)
    this.#requests = requests
    this.#receiver = new Receiver({
      ...{ clock: options.clock, closing },
      post: (max, seconds, wait) => requests.receive(max, seconds, wait),
      async giveBack(messages) {
        await requests.hide(messages.map(message => ({ token: handleOf(message), seconds: 0 })))
      },
    })
  }

  /** `new` says that SQS took it: SQS does not tell whether an id was there before. */
  async insert(messages: readonly Message[]): Promise<readonly InsertAnswer[]> {
    const parcels = messages.map(({ id, body, headers = {}, again = false }) => {
      const { priority = 0, delaySeconds = 0 } = headers
      if (priority === 0) {
        const generation = again ? this.#nextGeneration() : 0
        return this.#requests.parcel(body, { ...freshTag(id), generation }, delaySeconds)
      }
      throw new TaskqError(
        'unsupported',
        `${this.#name} is a queue of SQS, which knows no priorities; task "${id}" has ${priority}. Insert without, or use a queue for each priority.`,
      )
    })
    await this.#requests.send(parcels)
    return messages.map(() => 'new')
  }

  /**
   * Higher than that of any copy before, for as long as a FIFO queue would remember that one: each copy adds
   * one and takes longer than a millisecond, so that those of a task that fails at once never catch up.
   */
  #nextGeneration(): number {
    return Math.floor(this.#clock.now())
  }

  async lease(request: LeaseRequest): Promise<readonly Lease[]> {
    const giveUpAt = this.#clock.monotonic() + (request.waitSeconds ?? 0) * 1000
    const seconds = Math.ceil(request.seconds)
    this.#loans.prune(this.#clock.monotonic())
    for (;;) {
      const waitSeconds = Math.max(0, (giveUpAt - this.#clock.monotonic()) / 1000)
      const hauls = await this.#receiver.receive({ ...request, seconds, waitSeconds })
      const leases: Lease[] = []
      const early: { readonly token: string; readonly seconds: number }[] = []
      for (const haul of hauls)
        for (const message of haul.messages) {
          const opened = unpack(message)
          const wait = this.#secondsToWait(message, opened)
          if (wait > 0) early.push({ token: handleOf(message), seconds: wait })
          else leases.push(this.#lend(message, opened, haul, seconds))
        }
      // Those whose time has not come are hidden until then; the wait goes on without them.
      try {
        await this.#requests.hide(early)
      } catch (error) {
        // What is held must reach the caller; the others come back when the lease that they have now ends.
        if (leases.length === 0) throw error
      }
      if (leases.length > 0 || hauls.length === 0) return leases
    }
  }

  async extend(leases: readonly Held[], seconds: number): Promise<readonly HeldAnswer[]> {
    const now = this.#clock.monotonic()
    const hidings = new Map(
      this.#alive(leases, now)
        .map(held => [held, this.#hiding(held, seconds, now)] as const)
        // Near the end of the twelve hours: whoever renews at half time would hear of it too late.
        .filter(([, granted]) => granted.seconds >= seconds / 2),
    )
    const answers = await this.#requests.hide([...hidings.values()])
    const known = new Map([...hidings.keys()].map((held, at) => [held, answers[at] ?? 'lost']))
    for (const [held, granted] of hidings) {
      const loan = this.#loans.find(held, now)
      if (known.get(held) === 'done' && loan !== undefined && loan !== 'ended')
        loan.until = now + granted.seconds * 1000
    }
    return leases.map(held => known.get(held) ?? 'lost')
  }

  /**
   * A message that nobody ran and that was lent once is made visible again. Any other is replaced
   * by a copy that carries the attempts: SQS cannot change a message, and counts how often it hands
   * one out as if somebody had died each time.
   */
  async release(leases: readonly Held[], delaySeconds: number): Promise<readonly HeldAnswer[]> {
    const now = this.#clock.monotonic()
    const alive = this.#alive(leases, now)
    const copied = alive.filter(held => this.#needsCopy(held, now))
    const plain = alive.filter(held => !copied.includes(held))
    await this.#copy(copied, delaySeconds, now)
    const [removed, shown] = await Promise.all([
      this.#requests.remove(copied.map(({ token }) => token)),
      this.#requests.hide(plain.map(held => this.#hiding(held, delaySeconds, now))),
    ])
    const known = new Map([
      ...copied.map((held, at) => [held, removed[at] ?? 'lost'] as const),
      ...plain.map((held, at) => [held, shown[at] ?? 'lost'] as const),
    ])
    for (const held of alive) this.#loans.end(held, now)
    return leases.map(held => known.get(held) ?? 'lost')
  }

  async complete(leases: readonly Held[]): Promise<readonly HeldAnswer[]> {
    const now = this.#clock.monotonic()
    const alive = this.#alive(leases, now)
    const answers = await this.#requests.remove(alive.map(({ token }) => token))
    for (const held of alive) this.#loans.end(held, now)
    const known = new Map(alive.map((held, at) => [held, answers[at] ?? 'lost']))
    return leases.map(held => known.get(held) ?? 'lost')
  }

  /** Waits a moment for what is still on its way back to the queue. */
  settle(): Promise<void> {
    return this.#receiver.settle()
  }

  /** Those that are not known to have ended: SQS is only asked about them. */
  #alive(leases: readonly Held[], now: number): readonly Held[] {
    return leases.filter(held => this.#loans.find(held, now) !== 'ended')
  }

  #loanOf(held: Held, now: number): Loan | undefined {
    const loan = this.#loans.find(held, now)
    return loan === 'ended' ? undefined : loan
  }

  #hiding(held: Held, seconds: number, now: number) {
    return {
      token: held.token,
      seconds: visibilitySeconds(this.#loanOf(held, now), seconds, now),
    }
  }

  #needsCopy(held: Held, now: number): boolean {
    const loan = this.#loanOf(held, now)
    if (loan === undefined) return false
    return loan.receives > 1 || (held.attempts ?? 0) > loan.tag.attempts
  }

  async #copy(leases: readonly Held[], delaySeconds: number, now: number): Promise<void> {
    const loans: Loan[] = []
    const parcels: Parcel[] = []
    for (const held of leases) {
      const loan = this.#loanOf(held, now)
      // A copy that was sent before this call failed is not sent again.
      if (loan === undefined || loan.isCopied) continue
      loans.push(loan)
      parcels.push(this.#requests.parcel(loan.body, nextTag(loan, held.attempts), delaySeconds))
    }
    await this.#requests.send(parcels, at => {
      const loan = loans[at]
      if (loan !== undefined) loan.isCopied = true
    })
  }

  #secondsToWait(message: SqsMessage, { tag: { delaySeconds } }: Opened): number {
    if (delaySeconds === 0) return 0
    const due = Number(message.Attributes?.SentTimestamp ?? 0) + delaySeconds * 1000
    return Math.min(heldSeconds, Math.ceil((due - this.#clock.now()) / 1000))
  }

  #lend(message: SqsMessage, { body, tag }: Opened, { since }: Haul, seconds: number): Lease {
    const receives = Math.max(1, Number(message.Attributes?.ApproximateReceiveCount ?? 1))
    const loan = { body, tag, receives, since, until: since + seconds * 1000, isCopied: false }
    const token = handleOf(message)
    const sent = Number(message.Attributes?.SentTimestamp ?? 0)
    this.#loans.add(token, loan)
    return {
      ...{ id: tag.id, token, body, headers: {} },
      attempts: attemptsOf(loan),
      deliveries: tag.deliveries + receives,
      ...(sent > 0 && { ageSeconds: Math.max(0, (this.#clock.now() - sent) / 1000) }),
    }
  }
}

type Opened = ReturnType<typeof unpack>

function handleOf({ ReceiptHandle = '' }: SqsMessage): string {
  return ReceiptHandle
}
