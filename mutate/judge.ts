/** Tries the mistakes of a module one after the other, by their numbers, and says of each what came of it. */

import { playMany } from '../simulate/many.ts'
import { loadSubject } from '../simulate/subject.ts'
import { conformanceTests, runTest } from '../src/runtime/testing/index.ts'
import { wholeCandidates } from '../test/conformance/local-benches.ts'
import { modules } from './modules.ts'

const [name = '', ...numbers] = process.argv.slice(2)
const { conformance = [], histories } = modules[name] ?? {}
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
  for (const kind of conformance) if (await failsOn(`${kind}:`)) return true
  for (const queue of ['memory', 'sqlite'] as const) {
    const count = histories?.[queue] ?? 0
    const { failures } = await playMany({ subject, queue, seed: 1, histories: count })
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
  }
  return false
}
