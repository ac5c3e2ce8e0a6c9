import { chanceOf } from '../storm/plan.ts'
import { modules } from './modules.ts'
import type { Survivor, Verdict } from './report.ts'
import { type Choice, type Fate, Slot } from './slot.ts'

export interface MutateOptions {
  /** So many mistakes at most, chosen by the seed. */
  readonly sample: number
  readonly seed: number
  readonly onProgress: (line: string) => void
  readonly onSurvivor: (survivor: Survivor) => void
}

/** Tries the mistakes of a module: all by what is quick, then what is left by its tests. */
export async function mutateModule(name: string, options: MutateOptions): Promise<Verdict> {
  const slot = await Slot.open(modules[name]?.files ?? [])
  try {
    return await mutateIn(slot, name, options)
  } finally {
    slot.close()
  }
}

async function mutateIn(slot: Slot, name: string, options: MutateOptions): Promise<Verdict> {
  const { seed, onProgress, onSurvivor } = options
  const { tests = [] } = modules[name] ?? {}
  const began = performance.now()
  await slot.judge(name, [0], {
    onFate: (_, fate) => {
      if (fate !== 'survived') throw new Error(failsAnyway(name))
    },
    onAlive: () => onProgress(`${name}: without any mistake`),
  })
  if (tests.length > 0 && (await slot.test(tests, 0)) !== 'survived')
    throw new Error(failsAnyway(name))
  const chosen = choose(slot.choices, options, name)
  const fates = await judgeAll(slot, name, chosen, onProgress)
  const left = chosen.filter(({ number }) => fates.get(number) === 'survived')
  const survivors: Survivor[] = []
  for (const [at, { number, ...survivor }] of left.entries()) {
    onProgress(`${name}: ${at} of ${left.length} that are left tried by its tests`)
    if (tests.length > 0 && (await slot.test(tests, number)) !== 'survived') continue
    survivors.push(survivor)
    onSurvivor(survivor)
  }
  const seconds = (performance.now() - began) / 1000
  const [known, tried] = [slot.choices.length, chosen.length]
  return { module: name, known, tried, seed, survivors, seconds }
}

async function judgeAll(
  slot: Slot,
  name: string,
  chosen: readonly Choice[],
  onProgress: (line: string) => void,
): Promise<ReadonlyMap<number, Fate>> {
  const fates = new Map<number, Fate>()
  let missed = 0
  const onAlive = () =>
    onProgress(
      `${name}: ${fates.size} of ${chosen.length} mistakes tried, ${missed} not caught yet`,
    )
  const onFate = (number: number, fate: Fate) => {
    fates.set(number, fate)
    if (fate === 'survived') missed += 1
    onAlive()
  }
  const numbersOf = (isAtOnce: boolean) =>
    chosen.filter(one => one.isAtOnce === isAtOnce).map(({ number }) => number)
  await slot.judge(name, numbersOf(false), { onFate, onAlive })
  for (const number of numbersOf(true)) await slot.judge(name, [number], { onFate, onAlive })
  return fates
}

function choose(
  all: readonly Choice[],
  { sample, seed }: MutateOptions,
  name: string,
): readonly Choice[] {
  if (all.length <= sample) return all
  const chance = chanceOf(seed, name)
  const left = [...all]
  const chosen = Array.from(
    { length: sample },
    () => left.splice(chance.whole(left.length), 1)[0] as Choice,
  )
  return chosen.toSorted((one, other) => one.number - other.number)
}

function failsAnyway(name: string): string {
  return `The tests of ${name} fail without any mistake: mend that first.`
}
