/** `npm run bench [-- NAME ...] [--quick]`: every yardstick in one place, each beside its raw limit. */
import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { helpParagraph, helpRows } from '../tools/help.ts'

type Options = { readonly quick: boolean; readonly write: boolean }

const benches: Readonly<Record<string, (options: Options) => Promise<string>>> = {
  queue: async options => (await import('./queue/run.ts')).benchQueue(options),
  depth: async options => (await import('./queue/depth.ts')).benchDepth(options),
  insert: async options => (await import('./insert.ts')).benchInsert(options),
  worker: async options => (await import('./worker.ts')).benchWorker(options),
  fq: async options => (await import('./fq.ts')).benchFq(options),
  pubsub: async options => (await import('./pubsub.ts')).benchPubsub(options),
  sqs: async options => (await import('./sqs.ts')).benchSqs(options),
  'start-up': async options => (await import('./start-up.ts')).benchStartUp(options),
  codec: async () => (await import('./codec.ts')).benchCodec(),
  peers: async options =>
    (await import('./peers.ts')).benchPeers({ ...options, machine: machine() }),
  tables: async options => (await import('./tables.ts')).benchTables(options),
}

const help = `Usage: npm run bench [-- NAME ...] [--quick] [--write]

${helpParagraph(`Names: ${Object.keys(benches).join(', ')}. Without a name all but peers run, which takes minutes; peers installs what it compares with and needs redis-server and PostgreSQL.`)}

${helpRows([
  ['--quick', 'measures less'],
  ['--write', 'peers: writes docs/benchmarks.md anew'],
])}

Quote ratios: the machine is noisy, the raw limit ran beside it.
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const unknown = positionals.filter(name => !Object.hasOwn(benches, name))
if (values.help) console.log(help)
else if (unknown.length > 0) {
  console.error(`bench: no yardstick is called ${unknown.join(', ')}.\n\n${help}`)
  process.exitCode = 64
} else {
  console.log(`${machine()}\n`)
  const names =
    positionals.length > 0 ? positionals : Object.keys(benches).filter(name => name !== 'peers')
  for (const name of names) console.log(await benches[name]?.(values))
}

function machine(): string {
  const { node, sqlite } = process.versions
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  return `${availableParallelism()} cores (${model}), Node ${node}, SQLite ${sqlite}, ${new Date().toISOString().slice(0, 10)}`
}
