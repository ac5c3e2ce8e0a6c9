import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { ROOT, readPackages } from '../../tools/workspaces.ts'

/** The scripts of this repository that tell what they take. */
const scripts = Object.values(readPackages()[0]?.manifest.scripts ?? {})
  .flatMap(command => /^node (\S+)$/.exec(command)?.[1] ?? [])
  .filter(file => readFileSync(join(ROOT, file), 'utf8').includes('Usage: npm run'))

test('what npm scripts say of themselves fits into a terminal of 80 columns', async () => {
  expect(scripts).toContain('storm/run.ts')
  const helps = await Promise.all(
    scripts.map(file => promisify(execFile)(process.execPath, [file, '--help'], { cwd: ROOT })),
  )
  for (const { stdout } of helps) {
    expect(stdout).toMatch(/^Usage: npm run /)
    expect(stdout.split('\n').filter(line => line.length > 80)).toEqual([])
  }
})
