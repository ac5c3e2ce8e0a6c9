import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { readmeWithQueues } from '../../tools/queues.ts'

it('the table of queues in the README is what the drivers say (node tools/queues.ts writes it)', async () => {
  expect(readFileSync('README.md', 'utf8')).toBe(await readmeWithQueues())
})
