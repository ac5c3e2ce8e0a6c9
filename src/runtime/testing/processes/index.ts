import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openQueue } from '../../queue/open.ts'
import { checkHistory } from '../history/check.ts'
import { readHistories, type Step } from '../history/history.ts'
import { remainsOf } from '../history/remains.ts'
import type { MemberOrders } from './member.ts'

/** How many processes storm a queue, and how many of them are killed. */
export interface StormOptions {
  /** A queue that several processes can open; it is purged first. */
  readonly url: string
  /** Default 2000. */
  readonly tasks?: number
  /** Of each role, at the same time. Default 4: eight processes. */
  readonly processes?: number
  /** Workers killed with SIGKILL and replaced. Default 6. */
  readonly kills?: number
  /** Default 25. */
  readonly batch?: number
  /** Default 2; how long what a killed worker held stays away. */
  readonly leaseSeconds?: number
}

/** What was seen. */
export interface StormReport {
  readonly tasks: number
  readonly kills: number
  /** Leases given out beyond one a task. */
  readonly extraLeases: number
  /** Completions that were refused because the lease was lost. */
  readonly refused: number
}

/**
 * Several processes insert the same table while others work on it and some of those are killed.
 * Throws unless every task was inserted once, finished once, and by the holder of its newest lease.
 */
export async function storm(options: StormOptions): Promise<StormReport> {
  const { url, tasks = 2000, processes = 4, kills = 6, batch = 25, leaseSeconds = 2 } = options
  const folder = await mkdtemp(join(tmpdir(), 'taskq-storm-'))
  const queue = await openQueue(url)
  try {
    await queue.purge()
    const orders = { url, tasks, batch, leaseSeconds }
    const killer = new Killer(kills, Math.max(1, Math.floor(tasks / batch / (kills + 1))))
    const members = Array.from({ length: processes }, (_, at) => [
      member({
        ...orders,
        role: 'insert',
        name: `insert-${at}`,
        history: join(folder, `insert-${at}`),
      }),
      worker(
        { ...orders, role: 'work', name: `work-${at}`, history: join(folder, `work-${at}`) },
        killer,
      ),
    ])
    await Promise.all(members.flat())
    const steps = await readHistories(folder)
    checkInserted(steps, tasks)
    assert.deepEqual(checkHistory(steps, await remainsOf(queue)), [], 'no rule is broken')
    assert.equal((await queue.counts()).done, tasks, 'every task is done')
    return reportOn(steps, tasks, killer.killed)
  } finally {
    await queue.close()
    await rm(folder, { recursive: true })
  }
}

/** Kills whoever speaks at every so many steps, while there are kills left. */
class Killer {
  killed = 0
  readonly #kills: number
  readonly #interval: number
  #heard = 0

  constructor(kills: number, interval: number) {
    this.#kills = kills
    this.#interval = interval
  }

  heard(child: ChildProcess): void {
    this.#heard += 1
    if (this.killed >= this.#kills || this.#heard % this.#interval !== 0) return
    if (child.kill('SIGKILL')) this.killed += 1
  }
}

/** Runs a worker; one that was killed is replaced under another name. */
async function worker(orders: MemberOrders, killer: Killer, life = 0): Promise<void> {
  const named = { ...orders, name: `${orders.name}.${life}`, history: `${orders.history}.${life}` }
  const signal = await member(named, child => killer.heard(child))
  if (signal === 'SIGKILL') await worker(orders, killer, life + 1)
}

function member(
  orders: MemberOrders,
  onStep: (child: ChildProcess) => void = () => {},
): Promise<NodeJS.Signals | undefined> {
  const script = fileURLToPath(new URL(`member${fileExtension}`, import.meta.url))
  const child = spawn(process.execPath, [script, JSON.stringify(orders)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  createInterface({ input: child.stdout }).on('line', () => onStep(child))
  const complaints: string[] = []
  child.stderr.on('data', data => complaints.push(String(data)))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0 || signal === 'SIGKILL') resolve(signal ?? undefined)
      else reject(new Error(`${orders.name} ended with ${code ?? signal}: ${complaints.join('')}`))
    })
  })
}

/** This package runs from its sources and compiled. */
const fileExtension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

function reportOn(steps: readonly Step[], tasks: number, kills: number): StormReport {
  const leased = steps.filter(step => step.step === 'leased')
  return {
    ...{ tasks, kills },
    extraLeases: leased.length - new Set(leased.map(({ id }) => id)).size,
    refused: steps.filter(step => step.step === 'settled' && step.answer === 'lost').length,
  }
}

/** Every id was new to exactly one inserter. */
function checkInserted(steps: readonly Step[], tasks: number): void {
  const inserted = steps.flatMap(step => (step.step === 'inserted' ? step.ids : []))
  assert.equal(inserted.length, tasks, 'every id was new to exactly one inserter')
  assert.equal(new Set(inserted).size, tasks, 'no id was new twice')
}
