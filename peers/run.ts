/** `npm run bench -- peers`: what users would pick instead, side by side in one run. */
import { median, perSecond } from '../bench/table.ts'
import { measure, type Round } from './measure.ts'
import type { Peer } from './peer.ts'
import { peers } from './queues/index.ts'

const [tasks = '100000', rounds = '3'] = process.argv.slice(2)
const countFor = ({ most = Number.POSITIVE_INFINITY }: Peer) => Math.min(Number(tasks), most)
const able = peers.filter(({ name, needs }) => {
  const lack = needs?.()
  if (lack !== undefined) console.error(`${name} is left out: ${lack}.`)
  return lack === undefined
})
const seen = new Map<Peer, Round[]>(able.map(peer => [peer, []]))
// Round by round, not peer by peer: what the machine does besides meets all of them.
for (let round = 0; round < Number(rounds); round += 1)
  for (const peer of able) {
    console.error(`round ${round + 1} of ${rounds}: ${peer.name}`)
    seen.get(peer)?.push(await measure(peer, countFor(peer)))
  }

const of = (peer: Peer, part: (round: Round) => number | undefined) => {
  const values = (seen.get(peer) ?? []).map(part).filter(value => value !== undefined)
  return values.length === 0 ? undefined : median(values)
}
const rate = (peer: Peer, seconds: number | undefined) =>
  seconds === undefined ? '-' : perSecond(countFor(peer), seconds)
const drained = (peer: Peer) => countFor(peer) / (of(peer, round => round.drain) ?? 0)
const ours = peers.find(({ name }) => name.startsWith('taskq'))
const rows = able.map(peer => ({
  ...{ queue: peer.name, settings: peer.settings, durability: peer.durability },
  ...{ results: peer.keepsResults ? 'kept' : 'no', tasks: countFor(peer).toLocaleString('en-US') },
  'insert/s': rate(peer, peer.isAlone ? undefined : of(peer, round => round.insert)),
  'drain/s, 1 process': rate(
    peer,
    of(peer, round => round.drain),
  ),
  '4 processes': rate(
    peer,
    of(peer, round => round.four?.drain),
  ),
  'ours/this': ours === undefined ? '-' : (drained(ours) / drained(peer)).toFixed(2),
  'least/most of 4': of(peer, round => round.four?.share)?.toFixed(2) ?? '-',
}))
console.log(JSON.stringify(rows))
