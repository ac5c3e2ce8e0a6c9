import { countText } from '../terminal/amounts.ts'
import type { Output } from '../terminal/output.ts'
import { safe } from '../terminal/safe.ts'

const idsAtOnce = 100

/** How many ids a complaint names before it says how many more there are. */
const idsNamed = 10

/** The ids in pieces that are looked up together. */
export function* piecesOf(ids: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < ids.length; at += idsAtOnce) yield ids.slice(at, at + idsAtOnce)
}

/** `Not in this queue: a, b`, an id that may mislead in quotes; nothing when there are none. */
export async function tellIds(err: Output, what: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const named = ids.slice(0, idsNamed).map(id => safe(/[\s,]/.test(id) ? JSON.stringify(id) : id))
  const more = ids.length - named.length
  await err.line(`${what}: ${named.join(', ')}${more > 0 ? ` and ${countText(more)} more` : ''}`)
}
