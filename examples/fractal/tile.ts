/** One row of the table: which tile of the picture to compute. */
export interface Tile {
  readonly column: number
  readonly row: number
}

/** The whole picture: how many tiles, and how many points a side each tile has. */
export const picture = { columns: 30, rows: 20, tileSide: 24, depth: 800 } as const

/** The part of the plane that is shown: the neighbourhood of a seahorse. */
const view = { left: -0.7513, top: 0.1246, width: 0.0126 } as const

/** How soon each point of the tile escapes, row by row; `picture.depth` means never. */
export function computeTile({ column, row }: Tile): number[] {
  const { columns, tileSide } = picture
  const step = view.width / (columns * tileSide)
  return Array.from({ length: tileSide * tileSide }, (_, at) => {
    const x = column * tileSide + (at % tileSide)
    const y = row * tileSide + Math.floor(at / tileSide)
    return escapeTime(view.left + x * step, view.top - y * step)
  })
}

function escapeTime(re: number, im: number): number {
  let x = 0
  let y = 0
  for (let n = 0; n < picture.depth; n += 1) {
    const next = x * x - y * y + re
    y = 2 * x * y + im
    x = next
    if (x * x + y * y > 4) return n
  }
  return picture.depth
}
