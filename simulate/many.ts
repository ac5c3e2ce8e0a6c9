import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Plan, planOf, type SimulatedQueue } from './plan.ts'
import { type Figures, figureNames, type Played, play } from './play.ts'
import { shrink } from './shrink.ts'
import type { Subject } from './subject.ts'

/** What came of many histories on one kind of queue. */
export interface Sum {
  readonly queue: SimulatedQueue
  readonly histories: number
  readonly figures: Figures
  readonly seconds: number
  readonly failures: readonly Failure[]
}

/** A history that breaks a promise. */
export interface Failure {
  readonly seed: number
  readonly plan: Plan
  readonly played: Played
}

export interface ManyOptions {
  readonly subject: Subject
  readonly queue: SimulatedQueue
  /** Of the first history; each that follows has the next. */
  readonly seed: number
  readonly histories: number
  /** Stops after so many failures; default: the first. */
  readonly mostFailures?: number
  /** Told after each history. */
  readonly onPlayed?: (histories: number) => void
}

/** Plays many histories one after the other. */
export async function playMany(options: ManyOptions): Promise<Sum> {
  const { subject, queue, seed, histories, mostFailures = 1, onPlayed } = options
  const began = performance.now()
  const figures: Record<string, number> = Object.fromEntries(figureNames.map(name => [name, 0]))
  const failures: Failure[] = []
  let count = 0
  while (count < histories && failures.length < mostFailures) {
    const plan = planOf(seed + count, queue)
    const played = await playAlone(plan, subject)
    count += 1
    for (const name of figureNames) figures[name] = (figures[name] ?? 0) + played.figures[name]
    if (played.broken.length > 0) failures.push({ seed: plan.seed, plan, played })
    onPlayed?.(count)
  }
  const seconds = (performance.now() - began) / 1000
  return { queue, histories: count, figures: figures as unknown as Figures, seconds, failures }
}

/** Plays a plan in a folder of its own, which is gone afterwards. */
export async function playAlone(plan: Plan, subject: Subject): Promise<Played> {
  if (plan.queue === 'memory') return await play(plan, subject, '')
  const folder = await mkdtemp(join(fastFolder(), 'taskq-simulate-'))
  try {
    return await play(plan, subject, folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The smallest history that can be found which breaks the same promise. */
export async function makeSmall(failure: Failure, subject: Subject): Promise<Failure> {
  const rule = failure.played.broken[0]?.rule
  let { played } = failure
  const plan = await shrink(failure.plan, async smaller => {
    const again = await playAlone(smaller, subject)
    const isBad = again.broken.some(one => one.rule === rule)
    if (isBad) played = again
    return isBad
  })
  return { ...failure, plan, played }
}

/** Writes a failure down: its plan, which can be played again, its history, and what it broke. */
export async function keep({ plan, played, seed }: Failure): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `taskq-simulate-${plan.queue}-${seed}-`))
  const lines = played.lines.map(line => `${JSON.stringify(line)}\n`).join('')
  await writeFile(join(folder, 'plan.json'), `${JSON.stringify(plan, undefined, 2)}\n`)
  await writeFile(join(folder, 'history.ndjson'), lines)
  await writeFile(join(folder, 'broken.json'), `${JSON.stringify(played.broken, undefined, 2)}\n`)
  return folder
}

/** The plan in a file that `keep` has written; `undefined` where there is none. */
export async function readPlan(file: string): Promise<Plan | undefined> {
  try {
    const plan = JSON.parse(await readFile(file, 'utf8')) as Partial<Plan> | null
    return Array.isArray(plan?.tasks) && Array.isArray(plan.faults) ? (plan as Plan) : undefined
  } catch {
    // Not there, or no JSON: to whoever asked it is the same.
    return undefined
  }
}

/** In memory where the platform has such a place: nothing there has to outlive a history. */
function fastFolder(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
}
