import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Candidate, conformanceTests, runTest } from '../../src/runtime/testing/index.ts'
import { type Mutant, mutatedCopy } from '../support/mutant.ts'
import { sqliteCandidate } from './local-benches.ts'
import { mutants } from './mutants.ts'

let folder: string

beforeAll(async () => {
  await mkdir('build', { recursive: true })
  folder = await mkdtemp(resolve('build/mutants-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true })
})

it('the driver that is not broken passes every test', async () => {
  const nothing = {
    name: 'none',
    file: 'drivers/sqlite/index.ts',
    from: 'isAnyReady(hot, now)))',
    to: 'isAnyReady(hot, now)))',
  }
  expect(await firstFailure(await mutated(nothing))).toBeUndefined()
})

it.each(mutants)('the suite catches: $name', async mutant => {
  const candidate = await mutated(mutant)
  const caught = await firstFailure(candidate)
  expect(caught, 'every test passed on the broken driver').toBeDefined()
})

/** Builds the driver with one mistake in it. */
async function mutated(mutant: Mutant): Promise<Candidate> {
  const copy = await mutatedCopy(mutant, folder, ['queue', 'drivers'])
  const { sqlite } = await import(pathToFileURL(join(copy, 'drivers/sqlite/index.ts')).href)
  return sqliteCandidate([sqlite])
}

async function firstFailure(candidate: Candidate): Promise<string | undefined> {
  for (const test of conformanceTests) {
    try {
      await runTest(test, candidate)
    } catch {
      return test.name
    }
  }
  return undefined
}
