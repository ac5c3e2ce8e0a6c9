import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { openQueue } from '../../src/runtime/index.ts'

it('the demo computes every tile once, though a worker is killed, and writes the picture', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'taskq-'))
  const run = spawnSync(process.execPath, [resolve('examples/fractal/demo.ts'), folder], {
    encoding: 'utf8',
  })
  expect(run.status, run.stderr).toBe(0)
  expect(run.stdout).toContain('Inserted 600 tasks')
  expect(run.stdout).toContain('Worker ben was killed')
  expect(run.stdout).toContain('600 results for 600 tasks, each once')
  const png = await readFile(join(folder, 'fractal.png'))
  expect(png.readUInt32BE(16)).toBe(720)
  expect(png.readUInt32BE(20)).toBe(480)
  const queue = await openQueue(`sqlite:${folder}/fractal.db`, { create: false })
  expect(await queue.counts()).toEqual({ ready: 0, delayed: 0, leased: 0, done: 600, dead: 0 })
  await queue.close()
  await rm(folder, { recursive: true })
})
