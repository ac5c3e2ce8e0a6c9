import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { ROOT } from '../../tools/workspaces.ts'

test('the public API is as the snapshot in test/api has it', () => {
  const ran = spawnSync(process.execPath, ['tools/api.ts'], { cwd: ROOT, encoding: 'utf8' })
  expect(ran.status, `${ran.stdout}${ran.stderr}`).toBe(0)
})
