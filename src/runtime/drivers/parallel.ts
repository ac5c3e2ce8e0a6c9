/**
 * Calls `act` for every item, at most `atOnce` at a time, and answers in their order. After a fault
 * nothing more is begun; it is thrown once what was under way has ended.
 */
export async function inParallel<Item, Answer>(
  items: readonly Item[],
  atOnce: number,
  act: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers = new Array<Answer>(items.length)
  let next = 0
  let fault: { readonly error: unknown } | undefined
  const run = async () => {
    while (next < items.length && fault === undefined) {
      const at = next
      next += 1
      try {
        answers[at] = await act(items[at] as Item)
      } catch (error) {
        fault ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, run))
  if (fault !== undefined) throw fault.error
  return answers
}
