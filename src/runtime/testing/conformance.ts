import { AssertionError } from 'node:assert'
import type { Driver } from '../queue/driver.ts'
import { isTaskqError } from '../queue/errors.ts'

/** One promise of the seam and the steps that show it. */
export interface ConformanceTest {
  /** The promise, as a sentence. */
  readonly name: string
  /** The trait or capability it is about; a driver without it refuses the test. */
  readonly needs?: keyof Driver['traits'] | 'tasks' | 'results' | 'notes'
  readonly run: (bench: Bench) => Promise<void>
}

/** Where a driver is put to the test. */
export interface Bench {
  /** A handle on the queue, which was empty when the test began. */
  readonly driver: Driver
  /** Opens one more handle on the same queue, as another process would. */
  readonly another: () => Promise<Driver>
  /** Lets this much time pass for the queue: moves its clock, or waits where the store has its own. */
  readonly pass: (seconds: number) => Promise<void>
}

/** What makes benches for one driver, and what that driver refuses. */
export interface Candidate {
  readonly name: string
  readonly open: () => Promise<Bench & { readonly dispose: () => Promise<void> }>
  /** Tests that this driver cannot pass, each with the reason. A refusal is itself tested: it must fail. */
  readonly refuses?: readonly { readonly reason: string; readonly tests: readonly string[] }[]
}

/** The part of a test runner that is used here: vitest's, node:test's or another's. */
export interface Runner {
  readonly describe: (name: string, define: () => void) => unknown
  readonly it: (name: string, run: () => Promise<void>) => unknown
}

/** Puts a driver to every test of a suite. */
export function runSuite(
  { describe, it }: Runner,
  tests: readonly ConformanceTest[],
  candidate: Candidate,
): void {
  const { name, refuses = [] } = candidate
  const known = new Set(tests.map(test => test.name))
  for (const refused of refuses.flatMap(refusal => refusal.tests)) {
    if (!known.has(refused))
      throw new Error(`${name} refuses a test that does not exist: ${refused}`)
  }
  describe(name, () => {
    for (const test of tests) {
      const refusal = refuses.find(one => one.tests.includes(test.name))
      if (refusal === undefined) it(test.name, () => runTest(test, candidate))
      else it(`refuses: ${test.name} (${refusal.reason})`, () => mustFail(test, candidate))
    }
  })
}

/** Runs one test on a fresh bench. */
export async function runTest(test: ConformanceTest, candidate: Candidate): Promise<void> {
  const bench = await candidate.open()
  try {
    if (test.needs !== undefined && !offers(bench.driver, test.needs))
      throw new NotOffered(
        `${candidate.name} does not offer "${test.needs}": list this test under "refuses", with the reason.`,
      )
    await test.run(bench)
  } finally {
    await bench.dispose()
  }
}

/** A refusal holds where a capability is missing, the driver says so, or a promise is not kept. */
async function mustFail(test: ConformanceTest, candidate: Candidate): Promise<void> {
  try {
    await runTest(test, candidate)
  } catch (error) {
    if (error instanceof NotOffered || error instanceof AssertionError) return
    if (isTaskqError(error, 'unsupported')) return
    throw error
  }
  throw new Error(`The refusal is out of date: ${candidate.name} passes "${test.name}".`)
}

class NotOffered extends Error {}

function offers(driver: Driver, needs: NonNullable<ConformanceTest['needs']>): boolean {
  if (needs === 'tasks' || needs === 'results' || needs === 'notes')
    return driver[needs] !== undefined
  return driver.traits[needs]
}
