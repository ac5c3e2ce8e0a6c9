import { writeFileSync } from 'node:fs'
import { openQueue, readResults, recordOf } from 'taskq-runtime'
import { colourOf } from './colours.ts'
import { encodePng } from './png.ts'
import type { Tile } from './task.ts'
import { points } from './tile.ts'

/** Puts the tiles in their places and writes picture.png. Missing tiles stay black. */
const { TASKQUEUE_PATH = '' } = process.env
const queue = await openQueue(TASKQUEUE_PATH, { create: false })
const tiles: Tile[] = []
for await (const result of readResults(queue)) {
  const record = recordOf(result)
  if ('value' in record) tiles.push(record.value as unknown as Tile)
}
await queue.close()
if (tiles.length === 0) {
  console.error('There are no results yet. Run: npm run launch-worker -- --until drained')
  process.exit(66)
}

const width = points * (1 + Math.max(...tiles.map(({ column }) => column)))
const height = points * (1 + Math.max(...tiles.map(({ line }) => line)))
const colours = new Uint8Array(3 * width * height)
const soonest = Math.min(...tiles.map(tile => Math.min(...timesOf(tile))))
for (const tile of tiles) {
  timesOf(tile).forEach((time, at) => {
    const x = tile.column * points + (at % points)
    const y = tile.line * points + Math.floor(at / points)
    colours.set(colourOf(time, soonest), 3 * (y * width + x))
  })
}
writeFileSync('picture.png', encodePng(width, height, colours))
console.log(`${tiles.length} tiles, ${width} x ${height} points: picture.png`)

function timesOf({ points: text }: Tile): Uint16Array {
  return new Uint16Array(new Uint8Array(Buffer.from(text, 'base64')).buffer)
}
