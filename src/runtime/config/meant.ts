/** More slips than these make another word, and so do fewer in a short one. */
const mostSlips = 2
const lettersForSlip = 3

/** The word that a slip of the pen has most likely made `written` of: the nearest. */
export function meantAmong(known: readonly string[], written: string): string | undefined {
  let meant: string | undefined
  let least = Math.min(mostSlips, Math.floor(written.length / lettersForSlip)) + 1
  for (const word of known) {
    const slips = distance(word, written)
    if (slips >= least) continue
    meant = word
    least = slips
  }
  return meant
}

/** Letters to change, add or drop to make one word of the other. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (const [at, letter] of one.split('').entries()) {
    const next = [at + 1]
    for (const [column, against] of other.split('').entries()) {
      next.push(
        Math.min(
          (row[column + 1] ?? 0) + 1,
          (next[column] ?? 0) + 1,
          (row[column] ?? 0) + (letter === against ? 0 : 1),
        ),
      )
    }
    row = next
  }
  return row.at(-1) ?? 0
}
