/** `npm run bench -- peers`: what users would pick instead, side by side in one run. */
import { median, perSecond, ratio } from '../bench/table.ts'
import { measure, type Round } from './measure.ts'
import { peers } from './queues/index.ts'

const [tasks = '100000', rounds = '3'] = process.argv.slice(2)
const count = Number(tasks)
const able = peers.filter(({ name, needs }) => {
  const lack = needs?.()
  if (lack !== undefined) console.error(`${name} is left out: ${lack}.`)
  return lack === undefined
})
const seen = new Map<string, Round[]>(able.map(({ name }) => [name, []]))
// Round by round, not peer by peer: what the machine does besides meets all of them.
for (let round = 0; round < Number(rounds); round += 1)
  for (const peer of able) {
    console.error(`round ${round + 1} of ${rounds}: ${peer.name}`)
    seen.get(peer.name)?.push(await measure(peer, count))
  }
const of = (name: string, part: keyof Round) =>
  median((seen.get(name) ?? []).map(round => round[part]))
const ours = 'taskq, sqlite:'
const rows = able.map(({ name, settings, durability, keepsResults }) => ({
  ...{ queue: name, settings, durability, results: keepsResults ? 'kept' : 'no' },
  'insert/s': perSecond(count, of(name, 'insert')),
  'drain/s, 1 process': perSecond(count, of(name, 'drain')),
  '4 processes': perSecond(count, of(name, 'drainFour')),
  'ours/this': ratio(of(name, 'drain'), of(ours, 'drain')),
  'least/most of 4': of(name, 'share').toFixed(2),
}))
console.log(JSON.stringify(rows))
