import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isTaskqError } from '../../src/runtime/queue/errors.ts'
import { decodeLz4Frame } from '../../src/runtime/tables/arrow/lz4.ts'
import { openTable } from '../../src/runtime/tables/open.ts'
import type { Format } from '../../src/runtime/tables/table.ts'
import { seeded } from './feather.ts'

/** How many broken copies of each file are tried; more by TQ_FUZZ_RUNS. */
const runs = Number(process.env['TQ_FUZZ_RUNS'] ?? 50)
const peakBefore = process.resourceUsage().maxRSS / 1024
const fixtures = join(import.meta.dirname, '../fixtures/tables')
const binary = [
  ['cells.feather', 'arrow'],
  ['cells-plain.feather', 'arrow'],
  ['cells-zstd.feather', 'arrow'],
  ['cells-batches.feather', 'arrow'],
  ['cells.arrows', 'arrow-stream'],
  ['cells.parquet', 'parquet'],
  ['cells-zstd.parquet', 'parquet'],
] as const satisfies readonly (readonly [string, Format])[]
const text = [
  ['cells.csv', 'csv'],
  ['cells.expected.ndjson', 'ndjson'],
] as const satisfies readonly (readonly [string, Format])[]

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'taskq-fuzz-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

describe('a broken table', () => {
  it.each(binary)(
    '%s cut short anywhere is refused with a typed error',
    async (name, format) => {
      const whole = await readFile(join(fixtures, name))
      const steps = Math.min(1000, runs * 2)
      for (let step = 0; step < steps; step++) {
        const length = Math.floor((whole.length * step) / steps)
        expect(await outcomeOf(whole.subarray(0, length), format), `cut at ${length}`).toBe(
          'refused',
        )
      }
    },
    120_000,
  )

  it.each([...binary, ...text])(
    '%s with flipped bits is refused with a typed error or read to its end',
    async (name, format) => {
      const whole = await readFile(join(fixtures, name))
      const random = seeded(name.length * 1000 + runs)
      for (let run = 0; run < runs; run++) {
        const broken = Buffer.from(whole)
        const flips = 1 + Math.floor(random() * 3)
        const flipped: string[] = []
        for (let i = 0; i < flips; i++) {
          // Half of the flips hit the last tenth, where the metadata lies.
          const at = Math.floor(
            random() < 0.5 ? random() * broken.length : broken.length * (0.9 + random() * 0.1),
          )
          const bit = Math.floor(random() * 8)
          flipped.push(`${at}:${bit}`)
          broken[at] = (broken[at] ?? 0) ^ (1 << bit)
        }
        expect(['refused', 'read'], flipped.join(' ')).toContain(await outcomeOf(broken, format))
      }
    },
    120_000,
  )

  it('an LZ4 frame of random bytes never writes outside its output or runs on', () => {
    const random = seeded(4)
    const head = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]
    for (let run = 0; run < runs * 20; run++) {
      const block = Uint8Array.from({ length: 1 + Math.floor(random() * 60) }, () =>
        Math.floor(random() * 256),
      )
      const frame = Buffer.concat([
        Uint8Array.from(head),
        Uint8Array.from([block.length, 0, 0, 0]),
        block,
        new Uint8Array(4),
      ])
      const room = Buffer.alloc(300, 0xaa)
      const output = room.subarray(100, 100 + Math.floor(random() * 100))
      try {
        decodeLz4Frame(frame, output)
      } catch (error) {
        expect(error).toBeInstanceOf(Error)
        expect(error).not.toBeInstanceOf(RangeError)
      }
      expect(room.subarray(0, 100).every(byte => byte === 0xaa)).toBe(true)
      expect(room.subarray(100 + output.length).every(byte => byte === 0xaa)).toBe(true)
    }
  })

  it('leaves the memory of the reader where it was', () => {
    // The peak of this process over every broken file above.
    expect(process.resourceUsage().maxRSS / 1024 - peakBefore).toBeLessThan(512)
  })
})

/** Opens and reads the bytes to their end. Anything but one of our errors fails the test. */
async function outcomeOf(bytes: Uint8Array, format: Format): Promise<'read' | 'refused'> {
  const path = join(directory, 'broken')
  await writeFile(path, bytes)
  try {
    const table = await openTable(path, { format })
    let rows = 0
    try {
      for await (const batch of table.batches()) {
        for (const json of batch.json()) JSON.parse(json)
        batch.row(0)
        rows += batch.length
      }
    } finally {
      await table.close()
    }
    expect(rows).toBe(table.rowCount)
    return 'read'
  } catch (error) {
    if (isTaskqError(error, 'invalid')) return 'refused'
    throw error
  }
}
