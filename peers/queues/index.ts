import type { Peer } from '../peer.ts'
import { bare } from './bare.ts'
import { bullmq } from './bullmq.ts'
import { graphile } from './graphile.ts'
import { parallel } from './parallel.ts'
import { pgBoss } from './pg-boss.ts'
import { plainjob } from './plainjob.ts'
import { pythonTaskQueue } from './python.ts'
import { taskq, taskqFolder } from './taskq.ts'

/** Ours, the raw limit, and the others. */
export const peers: readonly Peer[] = [
  ...[bare, taskq, graphile, pgBoss, bullmq, plainjob],
  ...[taskqFolder, pythonTaskQueue, parallel],
]

export function findPeer(name: string): Peer {
  const found = peers.find(peer => peer.name === name)
  if (found === undefined) throw new Error(`no peer is called ${name}`)
  return found
}
