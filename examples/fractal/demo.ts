/**
 * Six hundred tiles of a fractal through the embedded queue: insert, four worker processes, one of
 * them killed half-way, and every tile is there once. Writes fractal.png and fractal.db here, or in
 * the folder named on the command line.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openQueue, type Queue } from 'taskq-runtime'
import { encodePng } from './png.ts'
import { picture } from './tile.ts'

const folder = resolve(process.argv[2] ?? '.')
const file = join(folder, 'fractal.db')
for (const suffix of ['', '-wal', '-shm']) await rm(`${file}${suffix}`, { force: true })

const tiles = picture.columns * picture.rows
const queue = await openQueue(`sqlite:${file}`)
const { inserted } = await queue.insert(allTiles())
console.log(`Inserted ${inserted} tasks into sqlite:${file}`)

const progress = startProgress(tiles)
const workers = ['ada', 'ben', 'cyd', 'dan'].map(startWorker)
await Promise.all(workers.map(worker => once(worker, 'close')))
progress.end()

const grey = await collect(queue)
await queue.close()
await writeFile(join(folder, 'fractal.png'), encodePng(...grey))
console.log(sketch(...grey))
console.log(
  `${tiles} results for ${tiles} tasks, each once. The picture is in ${join(folder, 'fractal.png')}`,
)
console.log(`Look at the queue: npx taskq status sqlite:${file}`)

function* allTiles() {
  for (let row = 0; row < picture.rows; row += 1)
    for (let column = 0; column < picture.columns; column += 1)
      yield { id: `tile-${row}-${column}`, params: { column, row } }
}

/** One worker process; the second is killed after its first tiles, in the middle of its next ones. */
function startWorker(name: string, at: number): ChildProcess {
  const script = fileURLToPath(new URL('worker.ts', import.meta.url))
  const child = spawn(process.execPath, [script, `sqlite:${file}`, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  createInterface({ input: child.stdout }).on('line', line => {
    progress.done(Number(line))
    if (at !== 1 || child.killed) return
    child.kill('SIGKILL')
    progress.say(`Worker ${name} was killed. What it held goes to the others when its lease ends.`)
  })
  return child
}

/** Tiles back in their places as one grey picture. */
async function collect(from: Queue): Promise<[number, number, Uint8Array]> {
  const { columns, rows, tileSide, depth } = picture
  const [width, height] = [columns * tileSide, rows * tileSide]
  const escapes = new Uint16Array(width * height)
  let found = 0
  for (let after: string | undefined; ; ) {
    const page = await from.results.read({ max: 100, ...(after !== undefined && { after }) })
    if (page.items.length === 0) break
    for (const { id, record = '[]' } of page.items) {
      const [row = 0, column = 0] = id.split('-').slice(1).map(Number)
      const times = JSON.parse(record) as number[]
      times.forEach((time, at) => {
        const x = column * tileSide + (at % tileSide)
        const y = row * tileSide + Math.floor(at / tileSide)
        escapes[y * width + x] = time
      })
      found += 1
    }
    after = page.next
  }
  if (found !== tiles) throw new Error(`${found} results for ${tiles} tasks`)
  return [width, height, shade(escapes, depth)]
}

/** Dark where points escape at once, bright at the edge, black inside. */
function shade(escapes: Uint16Array, depth: number): Uint8Array {
  const soonest = escapes.reduce((least, time) => Math.min(least, time), depth)
  const scale = Math.log(depth / soonest)
  return Uint8Array.from(escapes, time =>
    time === depth ? 0 : Math.min(255, 20 + 300 * (Math.log(time / soonest) / scale)),
  )
}

/** The picture in letters, 76 wide; each letter is the mean of the points it stands for. */
function sketch(width: number, height: number, grey: Uint8Array): string {
  const shades = ' .:-=+*#%@'
  const [columns, lines] = [76, 22]
  const sums = new Float64Array(columns * lines)
  grey.forEach((value, at) => {
    const column = Math.floor(((at % width) * columns) / width)
    const line = Math.floor((Math.floor(at / width) * lines) / height)
    sums[line * columns + column] = (sums[line * columns + column] ?? 0) + value
  })
  const brightest = Math.max(...sums)
  const letters = Array.from(sums, sum => shades[Math.floor((sum / brightest) * 9.99)])
  return Array.from({ length: lines }, (_, line) =>
    letters.slice(line * columns, (line + 1) * columns).join(''),
  ).join('\n')
}

/** One line that fills up in a terminal; every hundred tiles a line of its own in a pipe. */
function startProgress(total: number) {
  const inPlace = process.stdout.isTTY
  let count = 0
  const line = () => {
    const bar = '='.repeat(Math.round((count / total) * 40)).padEnd(40, ' ')
    return `[${bar}] ${count}/${total} tiles`
  }
  return {
    done(more: number) {
      const before = count
      count += more
      if (inPlace) process.stdout.write(`\r${line()}`)
      else if (Math.floor(before / 100) < Math.floor(count / 100)) console.log(line())
    },
    say: (text: string) => console.log(`${inPlace ? '\r\u001b[K' : ''}${text}`),
    end: () => process.stdout.write(inPlace ? '\n' : ''),
  }
}
