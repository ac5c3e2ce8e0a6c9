/** What exactness costs: our reader and writer beside plain JSON, on rows of one table, in one run. */
import { decodeBody, encodeBody } from '../src/runtime/queue/envelope.ts'
import { type JsonObject, readJson, writeJson } from '../src/runtime/queue/json.ts'
import { formatTable, ratio } from './table.ts'

// Takes every answer, so that no call can be left out as unused.
export let sink: unknown

const ROWS = 256
const ROUNDS = 9
const CALLS = 50_000

/** Nanoseconds to read and write a row and a body, beside plain JSON. */
export async function benchCodec(): Promise<string> {
  const small = texts('2849')
  const large = texts('864691135494192')
  const escaped = small.map(text => text.replace('pyramidal', String.raw`py\"ram`))
  const smallRows = small.map(text => readJson(text) as JsonObject)
  const largeRows = large.map(text => readJson(text) as JsonObject)
  const plainBodies = smallRows.map(row => encodeBody(row))
  const bodies = largeRows.map(row => encodeBody(row, { bigints: ['root_id'] }))
  return [
    table(`Reading a row of ${small[0]?.length} characters`, {
      'JSON.parse': measure(small, text => JSON.parse(text)),
      'readJson, plain numbers': measure(small, text => readJson(text)),
      'readJson, a 64-bit id': measure(large, text => readJson(text)),
      'readJson, an escape': measure(escaped, text => readJson(text)),
    }),
    table('Reading a body', {
      'JSON.parse': measure(bodies, text => JSON.parse(text)),
      'decodeBody, no bigint column': measure(plainBodies, text => decodeBody(text)),
      'decodeBody, a bigint column': measure(bodies, text => decodeBody(text)),
    }),
    table('Writing a row', {
      'JSON.stringify': measure(smallRows, row => JSON.stringify(row)),
      'writeJson, plain numbers': measure(smallRows, row => writeJson(row)),
      'writeJson, a 64-bit id': measure(largeRows, row => writeJson(row)),
    }),
  ].join('\n')
}

function texts(prefix: string): string[] {
  return Array.from({ length: ROWS }, (_, i) => {
    const name = i % 2 === 0 ? 'pyramidal L2/3' : 'basket'
    const place = `"x":${182736.25 + i},"y":91827.5,"z":${21014 + i}`
    return `{"root_id":${prefix}${i + 100},"cell_type":"${name}",${place},"volume_um3":3921.18347${i},"n_synapses":${4182 + i},"status":"proofread","nucleus_id":284910,"ok":true}`
  })
}

/** Nanoseconds a call: the best of several rounds, as the machine is shared. */
function measure<Item>(items: readonly Item[], call: (item: Item) => unknown): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint()
    for (let i = 0; i < CALLS; i++) sink = call(items[i % ROWS] as Item)
    best = Math.min(best, Number(process.hrtime.bigint() - start) / CALLS)
  }
  return best
}

/** The first measurement is the one the others are compared with. */
function table(title: string, figures: Readonly<Record<string, number>>): string {
  const [base = 1] = Object.values(figures)
  const rows = Object.entries(figures).map(([what, nanoseconds]) => ({
    what,
    ns: nanoseconds.toFixed(0),
    times: ratio(nanoseconds, base),
  }))
  return formatTable(title, rows)
}

if (import.meta.main) console.log(await benchCodec())
