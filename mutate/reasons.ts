import type { Survivor } from './report.ts'

interface Reason extends Pick<Survivor, 'file' | 'text'> {
  /** The piece of the line that is changed, and to what; default: any. */
  readonly from?: string
  readonly to?: string
  readonly because: string
}

const sendings = {
  done: 'if (done.length > 0) sendings.push({ letters: done, answers: this.#queue.settle(settlements) })',
  dead: 'if (dead.length > 0) sendings.push({ letters: dead, answers: this.#queue.bury(burials) })',
} as const

/** Mistakes that no test can or need notice. */
const reasons: readonly Reason[] = [
  {
    ...{ file: 'queue/leasing.ts', from: 'await leaseMore(driver, request, first)' },
    text: 'if (first.length > 0) return await leaseMore(driver, request, first)',
    because: 'an async function answers what the promise gives either way',
  },
  {
    ...{ file: 'drivers/memory.ts', from: '0' },
    text: 'if (isCharged) entry.attempts = item.attempts ?? 0',
    because: 'who charges an attempt says how many there were',
  },
  ...[
    'const deliveries = taken.deliveries - (taken.isCharged ? 0 : 1)',
    "isCharged: attempts > Number(row['attempts']),",
  ].map(text => ({
    ...{ file: 'drivers/sqlite/verbs.ts', text },
    because: 'whether a loan that was given back counts as one is left open by the contract',
  })),
  ...[
    'if (finished === 0) return () => false',
    'if (hot.anyDue.get(now) === undefined) return',
  ].map(text => ({
    ...{ file: 'drivers/sqlite/verbs.ts', text },
    because: 'a shortcut: what follows finds nothing to do either',
  })),
  {
    ...{ file: 'drivers/memory-store.ts', from: '1', text: 'this.#lastOrder += 1' },
    because: 'the places of tasks in line only have to grow',
  },
  {
    ...{ file: 'drivers/memory-store.ts', from: '1', text: 'this.#lastToken += 1' },
    because: 'tokens only have to differ',
  },
  ...[
    'this.wait(next, 0, now)',
    'for (const entry of this.#held) if (entry.until <= now) this.wait(entry, 0, now)',
  ].map(text => ({
    ...{ file: 'drivers/memory-store.ts', from: '0', text },
    because: 'one time that has passed is as good as another',
  })),
  {
    ...{ file: 'drivers/memory-store.ts', text: 'this.#onChange.delete(notify)' },
    because: 'nobody listens to it any more: it costs memory and changes nothing',
  },
  {
    ...{ file: 'worker/heartbeat.ts', text: 'if (due.length === 0) return' },
    because: 'a shortcut: where nothing is due nothing is called either',
  },
  {
    ...{ file: 'worker/intake.ts', from: 'suspects.length > 0' },
    text: 'if (suspects.length > 0) await this.#recordStarts(suspects)',
    because: 'a shortcut: of no suspects no start is recorded either',
  },
  {
    ...{ file: 'worker/outbox.ts', text: 'oldestAt = 0' },
    because: 'means nothing before there is a letter',
  },
  ...(['done', 'dead'] as const).map(kind => ({
    ...{ file: 'worker/outbox.ts', from: `${kind}.length > 0` },
    text: sendings[kind],
    because: 'a shortcut: for no letters nothing is called either',
  })),
]

/** Why this one may survive; `undefined` where it may not. */
export function reasonFor(survivor: Survivor): string | undefined {
  const isMeant = ({ file, text, from, to }: Reason) =>
    [
      file === survivor.file && text === survivor.text,
      from === undefined || from === survivor.from,
      to === undefined || to === survivor.to,
    ].every(Boolean)
  return reasons.find(isMeant)?.because
}
