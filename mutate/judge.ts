/** Tries the mistakes of a module one after the other, by their numbers, and says of each what came of it. */

import { playMany } from '../simulate/many.ts'
import { loadSubject } from '../simulate/subject.ts'
import { conformanceTests, runTest } from '../src/runtime/testing/index.ts'
import { wholeCandidates } from '../test/conformance/local-benches.ts'
import { modules } from './modules.ts'

/** Most mistakes show in the first histories, which take less than the suite. */
const firstHistories = 5

const [name = '', ...numbers] = process.argv.slice(2)
const { conformance = [], histories = { memory: 0, sqlite: 0 } } = modules[name] ?? {}
const subject = await loadSubject()
let stray: unknown
process.on('unhandledRejection', error => {
  stray = error
})
process.on('uncaughtException', error => {
  stray = error
})
for (const number of numbers) {
  stray = undefined
  Object.assign(globalThis, { __mutation: Number(number) })
  const isCaught = await isNoticed().catch(() => true)
  process.stdout.write(`${number} ${isCaught || stray !== undefined ? 'caught' : 'survived'}\n`)
}
process.exit(0)

async function isNoticed(): Promise<boolean> {
  if (await failsIn(0, firstHistories)) return true
  for (const kind of conformance) if (await failsOn(`${kind}:`)) return true
  return await failsIn(firstHistories, Number.POSITIVE_INFINITY)
}

/** Whether one of these histories fails, of those that the module has. */
async function failsIn(from: number, to: number): Promise<boolean> {
  for (const queue of ['memory', 'sqlite'] as const) {
    const count = Math.min(histories[queue], to) - from
    if (count <= 0) continue
    const { failures } = await playMany({
      ...{ subject, queue, seed: 1 + from, histories: count },
      onPlayed: sayAlive,
    })
    if (failures.length > 0) return true
  }
  return false
}

async function failsOn(kind: string): Promise<boolean> {
  const candidate = wholeCandidates.find(one => one.name === kind)
  if (candidate === undefined) throw new Error(`${kind} is no driver of the suite`)
  const refused = new Set(candidate.refuses?.flatMap(({ tests }) => tests))
  for (const test of conformanceTests) {
    if (refused.has(test.name)) continue
    try {
      await runTest(test, candidate)
    } catch {
      return true
    }
    sayAlive()
  }
  return false
}

/** A busy machine is no endless mistake: whoever waits is told that there is something new. */
function sayAlive(): void {
  process.stdout.write('.\n')
}
