import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { playMany } from '../../simulate/many.ts'
import { loadSubject } from '../../simulate/subject.ts'
import { mutatedCopy } from '../support/mutant.ts'
import { mutants } from './mutants.ts'

/** Every mistake has to show within so many histories. */
const histories = 300

let folder: string

beforeAll(async () => {
  await mkdir('build', { recursive: true })
  folder = await mkdtemp(resolve('build/mutants-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true })
})

it.each(mutants)('the simulation shows: $name', async mutant => {
  const subject = await loadSubject(await mutatedCopy(mutant, folder, ['.']))
  const { queue = 'memory' } = mutant
  const { failures, histories: played } = await playMany({ subject, queue, seed: 1, histories })
  expect(failures.length, `all of ${played} histories went well`).toBe(1)
})

it('the code that is not broken breaks no promise in as many', async () => {
  const subject = await loadSubject()
  const { failures } = await playMany({ subject, queue: 'memory', seed: 1, histories })
  expect(failures).toEqual([])
})
