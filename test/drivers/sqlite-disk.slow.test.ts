import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it, type TestContext } from 'vitest'
import { openDriver } from '../../src/runtime/index.ts'
import { needProgram, without } from '../support/need.ts'

const inserter = fileURLToPath(new URL('sqlite-inserter.ts', import.meta.url))
let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taskq-'))
  file = join(folder, 'queue.db')
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

it('what was accepted was synced to disk first, once for all that one turn asked', async context => {
  needProgram(context, 'strace')
  const calls = await callsOf(`sqlite:${file}`)
  // After `open`, each batch of five inserts is one sync and then the word that it was accepted.
  const between = calls.slice(calls.indexOf('open') + 1, calls.lastIndexOf('accepted') + 1)
  expect(between.join(' ')).toBe(Array(10).fill('sync accepted').join(' '))
})

it('with durable=false nothing is synced on the way', async context => {
  needProgram(context, 'strace')
  const calls = await callsOf(`sqlite:${file}?durable=false`)
  const between = calls.slice(calls.indexOf('open') + 1, calls.lastIndexOf('accepted'))
  expect(between).not.toContain('sync')
})

it('killed at whichever write, it keeps what it said it accepted', async context => {
  needProgram(context, 'strace')
  for (const when of [1, 2, 3, 5, 9, 15, 22, 31, 44, 60]) {
    const accepted = tampered(`pwrite64:signal=KILL:when=${when}`)
    await expectKept(accepted.ids)
  }
})

it('when a sync fails, what it had accepted is there and the error says the rest is unknown', async context => {
  needProgram(context, 'strace')
  for (const when of [3, 6, 9]) {
    const { ids, refusal } = tampered(`fsync,fdatasync:error=EIO:when=${when}+`)
    expect(refusal).toMatch(/^refused unavailable The disk under .* failed or is full; .* unknown/)
    await expectKept(ids)
  }
})

it('when a write finds the disk full, what it had accepted is there and the error says so', async context => {
  needProgram(context, 'strace')
  for (const when of [4, 12, 30]) {
    const { ids, refusal } = tampered(`pwrite64:error=ENOSPC:when=${when}+`)
    expect(refusal).toMatch(/^refused unavailable The disk under .* is full; /)
    await expectKept(ids)
  }
})

it('goes on when a full disk has room again', async context => {
  const disk = smallDisk(context)
  try {
    const driver = await openDriver(`sqlite:${disk}/queue.db`)
    await writeFile(join(disk, 'ballast'), Buffer.alloc(1_000_000))
    const accepted: string[] = []
    const fill = async () => {
      for (let at = 0; at < 1000; at += 1) {
        const id = `task-${accepted.length}`
        await driver.insert([{ id, body: 'x'.repeat(10_000) }])
        accepted.push(id)
      }
    }
    await expect(fill()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/is full/),
    })
    expect((await driver.counts()).ready).toBe(accepted.length)
    await rm(join(disk, 'ballast'))
    await driver.insert([{ id: 'after', body: 'y' }])
    expect((await driver.counts()).ready).toBe(accepted.length + 1)
    await driver.close()
  } finally {
    spawnSync('umount', [disk])
  }
})

/** The inserter under strace: its syncs and what it said, in order. */
async function callsOf(url: string): Promise<readonly string[]> {
  const trace = join(folder, 'trace')
  const run = spawnSync('strace', [
    ...['-f', '-qq', '-e', 'signal=none', '-e', 'trace=fsync,fdatasync,write', '-o', trace],
    ...[process.execPath, inserter, url],
  ])
  expect(run.status, String(run.stderr)).toBe(0)
  const text = await readFile(trace, 'utf8')
  return text.split('\n').flatMap(line => {
    if (/\b(fsync|fdatasync)\(/.test(line)) return 'sync'
    const said = /write\(1, "(open|accepted)/.exec(line)
    return said?.[1] ?? []
  })
}

/** The inserter with system calls that fail: what it had said when it ended. */
function tampered(inject: string): { ids: readonly string[]; refusal: string } {
  spawnSync('rm', ['-f', file, `${file}-wal`, `${file}-shm`])
  const { stdout } = spawnSync('strace', [
    ...['-f', '-qq', '-o', '/dev/null', '-e', `inject=${inject}`],
    ...[process.execPath, inserter, `sqlite:${file}`],
  ])
  const lines = String(stdout).split('\n')
  return {
    ids: lines
      .filter(line => line.startsWith('accepted'))
      .flatMap(line => line.split(' ').slice(1)),
    refusal: lines.find(line => line.startsWith('refused')) ?? '',
  }
}

async function expectKept(ids: readonly string[]): Promise<void> {
  const driver = await openDriver(`sqlite:${file}`)
  const kept = await driver.tasks?.get(ids)
  expect(kept?.map(({ id }) => id)).toEqual(ids)
  await driver.close()
  const db = new DatabaseSync(file)
  expect(db.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' })
  db.close()
}

/** A file system of two megabytes, which only root can mount. */
function smallDisk(context: TestContext): string {
  const disk = join(folder, 'disk')
  spawnSync('mkdir', [disk])
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk])
  if (mounted.status !== 0) without(context, 'only root can mount a small disk')
  return disk
}
