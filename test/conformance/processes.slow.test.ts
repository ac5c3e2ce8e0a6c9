import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { storm } from '../../src/runtime/testing/index.ts'

it('sqlite: eight processes, six of them killed, finish every task once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'taskq-'))
  const report = await storm({ url: `sqlite:${folder}/queue.db` })
  expect(report.kills).toBe(6)
  expect(report.extraLeases).toBeLessThanOrEqual(6 * 25)
  const db = new DatabaseSync(`${folder}/queue.db`)
  expect(db.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' })
  db.close()
  await rm(folder, { recursive: true })
})

it('fq: eight processes, three of them killed, finish every task once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'taskq-'))
  const url = `fq://${folder}/q?durable=false`
  const report = await storm({ url, tasks: 600, kills: 3, leaseSeconds: 1 })
  expect(report.kills).toBe(3)
  expect(report.extraLeases).toBeLessThanOrEqual(3 * 25)
  expect(await readFile(join(folder, 'q/insertions'), 'utf8')).toBe('600')
  expect(await readdir(join(folder, 'q/queue'))).toEqual([])
  await rm(folder, { recursive: true })
})
