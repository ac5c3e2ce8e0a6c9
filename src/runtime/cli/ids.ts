import { countText } from '../terminal/amounts.ts'
import type { Output } from '../terminal/output.ts'
import { safe } from '../terminal/safe.ts'

/** How many ids a complaint names before it says how many more there are. */
const idsNamed = 10

/** `Not in this queue: a, b`, an id that may mislead in quotes; nothing when there are none. */
export async function tellIds(err: Output, what: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const named = ids.slice(0, idsNamed).map(id => safe(/[\s,]/.test(id) ? JSON.stringify(id) : id))
  const more = ids.length - named.length
  await err.line(`${what}: ${named.join(', ')}${more > 0 ? ` and ${countText(more)} more` : ''}`)
}
