/** How many tasks one command looks up together. */
const usualPiece = 100

/** The items in pieces of at most so many. */
export function* piecesOf<Item>(
  items: readonly Item[],
  most: number = usualPiece,
): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += most) yield items.slice(at, at + most)
}
