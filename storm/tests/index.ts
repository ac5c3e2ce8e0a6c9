import type { StormTest } from '../storm.ts'
import { clock } from './clock.ts'
import { disk } from './disk.ts'
import { errors } from './errors.ts'
import { fairness } from './fairness.ts'
import { inserters } from './inserters.ts'
import { kill } from './kill.ts'
import { mixed } from './mixed.ts'
import { poison } from './poison.ts'
import { renewal } from './renewal.ts'
import { replies } from './replies.ts'
import { service } from './service.ts'
import { soak } from './soak.ts'
import { spot } from './spot.ts'
import { torn } from './torn.ts'
import { wire } from './wire.ts'
import { zombie } from './zombie.ts'

/** Every test, in the order they are run and shown: the longest of those that wait come first. */
export const tests: readonly StormTest[] = [
  ...[replies, service, wire, poison, errors, disk, torn, mixed, clock, zombie, spot],
  ...[kill, renewal, inserters, fairness, soak],
]
