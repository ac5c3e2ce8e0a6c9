import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ROOT } from '../../tools/workspaces.ts'

const folder = mkdtempSync(join(tmpdir(), 'taskq-api-'))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the public API is as the snapshot in test/api has it', () => {
  const ran = api()
  expect(ran.status, ran.stdout + ran.stderr).toBe(0)
})

test('a changed API is shown line by line, with the command that accepts it', () => {
  cpSync(join(ROOT, 'test/api'), folder, { recursive: true })
  const line = 'export declare function gone(): void;'
  appendFileSync(join(folder, 'taskq-deploy.index.txt'), `${line}\n`)
  const ran = api('--saved', folder)
  expect(ran.status).toBe(1)
  expect(ran.stdout).toContain(`\n-${line}`)
  expect(ran.stderr).toContain('npm run api -- --update')
})

test('an unknown option ends with 64 and a sentence', () => {
  const ran = api('--frob')
  expect(ran.status).toBe(64)
  expect(ran.stderr).toMatch(/^api: Unknown option '--frob'/)
})

function api(...args: readonly string[]) {
  const argv = ['tools/api.ts', ...args]
  return spawnSync(process.execPath, argv, { cwd: ROOT, encoding: 'utf8' })
}
