/** Calls that are under way at the same time. */
const atOnce = 64

/** Asks for every item, some at the same time; the answers stand in the order of the items. */
export async function eachOf<Item, Answer>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = new Array(items.length)
  const waiting = items.entries()
  const work = async () => {
    for (const [at, item] of waiting) answers[at] = await ask(item)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work))
  return answers
}
