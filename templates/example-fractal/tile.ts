/** How many points a side each tile has, and how long a point is followed. */
export const points = 32
export const depth = 2000

/** How soon each point of the square escapes, line by line; `depth` means never. */
export function escapeTimes(left: number, top: number, side: number): Uint16Array {
  const step = side / points
  return Uint16Array.from({ length: points * points }, (_, at) =>
    escapeTime(left + (at % points) * step, top - Math.floor(at / points) * step),
  )
}

function escapeTime(re: number, im: number): number {
  let x = 0
  let y = 0
  for (let n = 0; n < depth; n += 1) {
    const next = x * x - y * y + re
    y = 2 * x * y + im
    x = next
    if (x * x + y * y > 4) return n
  }
  return depth
}
