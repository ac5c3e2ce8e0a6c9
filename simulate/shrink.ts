import type { Plan } from './plan.ts'

/** So many smaller plans are tried at most. */
const mostTries = 300

/** The smallest plan that can be found which still fails; `fails` plays one and tells. */
export async function shrink(
  plan: Plan,
  fails: (smaller: Plan) => Promise<boolean>,
): Promise<Plan> {
  let best = plan
  let tries = 0
  for (let hasShrunk = true; hasShrunk; ) {
    hasShrunk = false
    for (const smaller of smallerThan(best)) {
      if (tries >= mostTries) return best
      tries += 1
      if (!(await fails(smaller))) continue
      best = smaller
      hasShrunk = true
      break
    }
  }
  return best
}

/** Plans with less in them, those with much less first. */
function* smallerThan(plan: Plan): Generator<Plan> {
  const { tasks, faults, workers, rates } = plan
  for (const fewer of without(tasks)) yield { ...plan, tasks: fewer }
  for (const fewer of without(faults)) yield { ...plan, faults: fewer }
  for (const fewer of without(workers)) if (fewer.length > 0) yield { ...plan, workers: fewer }
  for (const name of Object.keys(rates) as (keyof typeof rates)[])
    if (rates[name] > 0) yield { ...plan, rates: { ...rates, [name]: 0 } }
  for (const [name, plain] of Object.entries(plainest))
    if (plan[name as keyof typeof plainest] !== plain) yield { ...plan, [name]: plain }
}

/** What a setting is where it does not matter. */
const plainest = {
  concurrency: 1,
  asyncPerRunner: 1,
  recycleAfter: 0,
  batch: 10_000,
  waitSeconds: 0,
  countsLoans: true,
  namesBoots: true,
} as const satisfies Partial<Plan>

/** Halves first, then all but one. */
function* without<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  const half = Math.ceil(items.length / 2)
  if (items.length > 3) {
    yield items.slice(0, half)
    yield items.slice(half)
  }
  for (let at = 0; at < items.length; at += 1) yield items.toSpliced(at, 1)
}
