import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { mutants } from './mutants.ts'

it('every mistake that the suite has to catch can be made in the code as it is', () => {
  const gone = mutants.filter(
    ({ file, from }) => readFileSync(`src/runtime/${file}`, 'utf8').split(from).length !== 2,
  )
  expect(gone.map(({ name }) => name)).toEqual([])
})
