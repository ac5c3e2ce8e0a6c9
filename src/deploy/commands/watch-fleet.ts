import { TaskqError } from 'taskq-runtime'
import { type ExitName, jsonLine, safeLines } from 'taskq-runtime/cli'
import type { ClusterState } from '../gke/gke.ts'
import type { FleetPlace } from '../kube/fleet.ts'
import type { Finding } from '../watch/causes.ts'
import { costOf, type Prices } from '../watch/cost.ts'
import { type NodeKinds, NodeLook } from '../watch/node-look.ts'
import { type Observation, observe } from '../watch/observe.ts'
import { QueueWatch } from '../watch/queue-look.ts'
import {
  type Advice,
  findingLines,
  plainLine,
  screenLines,
  type View,
  workersText,
} from '../watch/screen.ts'
import type { World } from './world.ts'
import { say, wrapped } from './wrap.ts'

/** What is watched, and until when. */
export interface WatchRequest {
  readonly place: FleetPlace
  readonly name: string | undefined
  readonly wanted: number
  readonly cluster: ClusterState | undefined
  readonly clusterName: string
  readonly queueUrl: string
  readonly advice: Advice
  /** Absent where there is no price for the machines. */
  readonly prices: Prices | undefined
  /** `running`: the first workers run; `ended`: the fleet is done; `once`: one look. */
  readonly until: 'running' | 'ended' | 'once'
  readonly json: boolean
  readonly intervalSeconds: number | undefined
}

/** Shows a fleet until it is as asked, or until a cause is final; answers which. */
export async function watchFleet(world: World, request: WatchRequest): Promise<ExitName> {
  const { out, clock, signal } = world.shell
  const queue = new QueueWatch(request.queueUrl)
  const nodes = new NodeLook(request.place.kube)
  const screen = new Screen(world, request)
  const began = clock.monotonic()
  let exit: ExitName = 'done'
  let wasThere = request.name !== undefined
  try {
    await observe(request, clock, signal, async observation => {
      const seconds = (clock.monotonic() - began) / 1000
      if (!observation.isThere && !wasThere) throw noFleet(request.place.task)
      wasThere = true
      const ending = endingOf(observation, request.until)
      if (ending === undefined && !screen.isDue(seconds)) return out.isOpen ? 'go on' : 'enough'
      const look = await queue.look(clock.monotonic())
      await screen.mindQueue(look)
      const kinds = await nodes.look(observation.pods, clock.monotonic(), signal)
      const view = viewOf(request, observation, look, kinds, seconds, clock.now())
      await screen.show(view, seconds)
      if (ending === undefined) return out.isOpen ? 'go on' : 'enough'
      exit = ending.exit
      await screen.end(observation, ending)
      return 'enough'
    })
    return exit
  } finally {
    await queue.close()
  }
}

/** There is nothing to watch or to change. */
export function noFleet(task: string): TaskqError {
  return new TaskqError(
    'invalid',
    `No fleet of ${task} runs there: it is done, or was never started. Start one: taskq-deploy apply-task`,
  )
}

interface Ending {
  readonly exit: ExitName
  readonly final?: Finding
  /** Somebody removed the fleet meanwhile. */
  readonly isGone?: true
}

function endingOf(
  { isThere, state, final }: Observation,
  until: WatchRequest['until'],
): Ending | undefined {
  if (!isThere) return { exit: 'partly', isGone: true }
  if (until === 'once') return { exit: 'done' }
  if (state.end?.failed) return { exit: 'partly' }
  if (final !== undefined) return { exit: 'partly', final }
  if (state.end !== undefined) return { exit: 'done' }
  return until === 'running' && state.running > 0 ? { exit: 'done' } : undefined
}

function viewOf(
  { name, clusterName, place, prices, cluster, advice }: WatchRequest,
  { state, pods, trouble }: Observation,
  queue: View['queue'],
  kinds: NodeKinds,
  seconds: number,
  now: number,
): View {
  return {
    name: name ?? place.task,
    place: clusterName,
    seconds,
    state,
    queue,
    advice,
    ...(prices && { cost: costOf(pods, kinds, prices, cluster?.createdAt, now) }),
    ...(trouble !== undefined && { trouble }),
  }
}

/** How long a pipe is told nothing while nothing changes. */
const NO_NEWS_SECONDS = 300

/** Draws over itself in a terminal, writes a line at times into a pipe, an object a line for machines. */
class Screen {
  readonly #world: World
  readonly #request: WatchRequest
  readonly #isLive: boolean
  #drawn = 0
  #due = 0
  #last = ''
  #saidAgain = 0
  #isMinded = false

  constructor(world: World, request: WatchRequest) {
    this.#world = world
    this.#request = request
    this.#isLive = world.shell.out.isLive && !request.json
  }

  isDue(seconds: number): boolean {
    return seconds >= this.#due
  }

  /** Why the queue cannot be looked at is said once: it seldom changes. */
  async mindQueue(look: View['queue']): Promise<void> {
    if (!('unknown' in look) || this.#isMinded) return
    this.#isMinded = true
    await say(
      this.#world.shell.err,
      `Mind: the queue cannot be looked at from here: ${safeLines(look.unknown)}`,
    )
  }

  async show(view: View, seconds: number): Promise<void> {
    const { out } = this.#world.shell
    this.#due = seconds + (this.#request.intervalSeconds ?? (this.#isLive ? 2 : 10))
    if (this.#request.json) {
      await out.line(jsonLine(JSON.parse(JSON.stringify(view))))
      return
    }
    if (!this.#isLive && this.#request.until !== 'once') {
      const line = plainLine(view)
      // A pipe is told news, and at times that there is none.
      if (line !== this.#last || seconds >= this.#saidAgain) {
        await out.line(line)
        this.#saidAgain = seconds + NO_NEWS_SECONDS
      }
      this.#last = line
      return
    }
    const lines = wrapped(screenLines(view), out.columns)
    const up = this.#drawn === 0 ? '' : `\r\u001b[${this.#drawn}A`
    const clear = this.#isLive ? `${up}\u001b[J` : ''
    await out.write(`${clear}${lines.join('\n')}\n`)
    this.#drawn = lines.length
  }

  /** Says how it came out, with the causes in full where the line of a pipe had only their names. */
  async end({ state }: Observation, { final, isGone }: Ending): Promise<void> {
    const { err } = this.#world.shell
    if (this.#request.until === 'once') return
    if (isGone) await err.line('The fleet is gone: somebody removed it meanwhile.')
    if (final === undefined && !state.end?.failed) return
    const why = final
      ? `It will not get better by waiting: ${final.cause}.`
      : `The fleet ${workersText(state)}.`
    await say(err, safeLines(why))
    const isKnown = final === undefined || state.findings.includes(final)
    // A screen has the causes on it already.
    const shown = this.#isLive ? [] : state.findings
    for (const finding of isKnown ? shown : [final, ...shown])
      await say(err, findingLines(finding, this.#request.advice).join('\n'))
  }
}
