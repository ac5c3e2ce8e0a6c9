/** The first items whose bytes together stay within `most`, and at least one where there is one. */
export function fitting<Item>(
  items: Iterable<Item>,
  bytesOf: (item: Item) => number,
  most: number,
): Item[] {
  const taken: Item[] = []
  let bytes = 0
  for (const item of items) {
    bytes += bytesOf(item)
    if (taken.length > 0 && bytes > most) break
    taken.push(item)
  }
  return taken
}
