import type { Remains, Span, Step } from './history.ts'

/** A promise that a history breaks. */
export interface Violation {
  readonly rule: Rule
  readonly id: string
  readonly says: string
}

/** The rules, each with what it promises. */
export const rules = {
  accounted: 'every inserted id has a result, is dead or is still there',
  once: 'no id has two results, or a result and something else',
  newest: 'no completion is accepted whose lease was not the newest',
  known: 'nothing is there that was never inserted',
  over: 'nothing is leased once it is done',
  attempts: 'a dead task had exactly the attempts it is allowed',
  recount: 'the counts of the store equal a recount',
  computed: 'every result was made by a run of its own task',
} as const

/** Names a rule. */
export type Rule = keyof typeof rules

/** What a history is held to beside the rules. */
export interface Expectation {
  /** Attempts that a dead task must have had; default: not checked. */
  readonly attempts?: number
  /** Rules that the store does not promise, such as `newest` and `over` where it does not fence. */
  readonly waived?: readonly Rule[]
}

/** Every violation of the rules in what was done and in what is left; none when all is well. */
export function checkHistory(
  steps: readonly Step[],
  remains: Remains,
  { attempts, waived = [] }: Expectation = {},
): readonly Violation[] {
  const found = [
    ...checkAccounts(insertedIds(steps), remains),
    ...checkLeases(steps),
    ...checkCounts(remains),
    ...checkRuns(steps, remains),
    ...(attempts === undefined ? [] : checkAttempts(remains, attempts)),
  ]
  return found.filter(({ rule }) => !waived.includes(rule))
}

function insertedIds(steps: readonly Step[]): ReadonlySet<string> {
  return new Set(steps.flatMap(step => (step.step === 'inserted' ? step.ids : [])))
}

function* checkAccounts(inserted: ReadonlySet<string>, remains: Remains): Generator<Violation> {
  const places = new Map<string, string[]>()
  const put = (id: string, place: string) => {
    const known = places.get(id)
    if (known === undefined) places.set(id, [place])
    else known.push(place)
  }
  for (const { id } of remains.results) put(id, 'a result')
  for (const { id } of remains.dead) put(id, 'dead')
  for (const id of remains.waiting) put(id, 'waiting')
  for (const id of inserted)
    if (!places.has(id)) yield { rule: 'accounted', id, says: 'it was inserted and is gone' }
  for (const [id, found] of places) {
    if (!inserted.has(id)) yield { rule: 'known', id, says: `nobody inserted it: ${found[0]}` }
    if (found.length > 1) yield { rule: 'once', id, says: `it is there as ${found.join(' and ')}` }
  }
}

interface Lease {
  readonly token: string
  readonly span: Span
}

/** Only what is certain counts: a call that overlaps another may have acted before it or after it. */
function* checkLeases(steps: readonly Step[]): Generator<Violation> {
  const leases = new Map<string, Lease[]>()
  for (const step of steps) {
    if (step.step !== 'leased') continue
    const known = leases.get(step.id)
    if (known === undefined) leases.set(step.id, [step])
    else known.push(step)
  }
  const done = steps.filter(step => step.step === 'settled' && step.answer === 'done')
  for (const { id, token, span } of done as readonly (Lease & { readonly id: string })[]) {
    const all = leases.get(id) ?? []
    const own = all.find(lease => lease.token === token)
    if (own === undefined) {
      yield { rule: 'newest', id, says: `it was completed with ${token}, which nobody was given` }
      continue
    }
    for (const other of all) {
      const isNewer = other.span.asked > own.span.answered && other.span.answered < span.asked
      if (isNewer)
        yield { rule: 'newest', id, says: `it was completed with ${token} after ${other.token}` }
      if (other.span.asked > span.answered)
        yield { rule: 'over', id, says: `it was leased as ${other.token} after it was done` }
    }
  }
}

function* checkCounts({ results, dead, waiting, counts }: Remains): Generator<Violation> {
  const recount = { waiting: waiting.length, done: results.length, dead: dead.length }
  for (const [name, number] of Object.entries(recount)) {
    const said = counts[name as keyof typeof counts]
    if (said !== undefined && said !== number)
      yield { rule: 'recount', id: name, says: `the store says ${said}, a recount says ${number}` }
  }
}

function* checkRuns(steps: readonly Step[], { results }: Remains): Generator<Violation> {
  const runs = new Map<string, string>()
  for (const step of steps) if (step.step === 'began') runs.set(step.run, step.id)
  for (const { id, run } of results) {
    if (run === undefined) continue
    const of = runs.get(run)
    if (of === undefined) yield { rule: 'computed', id, says: `its result is of no run (${run})` }
    else if (of !== id) yield { rule: 'computed', id, says: `its result is of a run of ${of}` }
  }
}

function* checkAttempts({ dead }: Remains, allowed: number): Generator<Violation> {
  for (const { id, attempts } of dead)
    if (attempts !== allowed)
      yield { rule: 'attempts', id, says: `it is dead after ${attempts} of ${allowed} attempts` }
}
