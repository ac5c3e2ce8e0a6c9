import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { expect, test } from 'vitest'

const run = ['mutate/run.ts', 'extend', '--sample', '12', '--seed', '1']

async function slots(): Promise<readonly string[]> {
  return (await readdir('build')).filter(name => name.startsWith('mutate-'))
}

test('of a dozen mistakes of a module at least nine in ten are caught', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, run, { encoding: 'utf8' })
  expect(status, `${stdout}\n${stderr}`).toBe(0)
  expect(stdout).toMatch(/^extend +\d+ +12 \(seed 1\) +1[12] /m)
})

test('a run that is told to stop leaves nothing behind', async () => {
  await mkdir('build', { recursive: true })
  const before = await slots()
  const watcher = watch('build')
  const child = spawn(process.execPath, run, { stdio: 'ignore' })
  do await once(watcher, 'change')
  while ((await slots()).length === before.length)
  watcher.close()
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([143, null])
  expect(await slots()).toEqual(before)
})
