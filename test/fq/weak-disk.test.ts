import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, type TestContext } from 'vitest'
import { openDriver, takeInventory } from '../../src/runtime/queue/open.ts'
import { without } from '../support/need.ts'
import { scratch, weakDisk } from './bench.ts'
import { message } from './message.ts'

const actor = fileURLToPath(new URL('actor.ts', import.meta.url))

it.for([
  ['exclusive', 'a file is made by one only', 'a file was made twice'],
  ['replacing', 'a rename replaces a file as a whole', 'the old text is still there'],
  ['renaming-once', 'a file is renamed by one only', 'a file was renamed twice'],
  ['append', 'what is appended is added', 'an append wrote over what was there'],
  ['reading-removed', 'an open file can still be read', 'its text was gone'],
  ['folder-sync', 'a folder can be synced', 'EIO'],
] as const)(
  'a file system without %s is refused, with what was seen',
  async ([weak, name, seen], context) => {
    const said = await actOn(context, weak, await scratch())
    expect(said).toMatch(/^refused unsupported .* lies on a file system that does not keep /)
    expect(said).toContain(name)
    expect(said).toContain(`seen: ${seen}. Put the queue on another one.`)
  },
)

it('one that cannot sync a folder is fine for a queue that need not survive a power cut', async context => {
  const said = await actOn(context, 'folder-sync', await scratch(), '?durable=false')
  expect(said).toBe('open\nleased 0\n')
})

it.for([
  ['writing', 'refused unavailable No right to do that in'],
  ['room', 'refused unavailable The disk under'],
] as const)('a disk that lacks %s for now is not called weak', async ([weak, said], context) => {
  expect(await actOn(context, weak, await scratch())).toContain(said)
})

it('a queue that fills a mounted disk is deleted, and the place for the disk stays', async context => {
  const path = await scratch()
  await onSmallDisk(context, path, async () => {
    await (await openDriver(`fq://${path}`)).close()
    await (await takeInventory(`fq://${path}`))?.remove()
    expect(await readdir(path)).toEqual([])
  })
})

it('a queue whose folders lie on two file systems is refused', async context => {
  const path = await scratch()
  mkdirSync(join(path, 'queue'))
  await onSmallDisk(context, join(path, 'queue'), async () => {
    await expect(openDriver(`fq://${path}`)).rejects.toThrow(
      'one file system (a task is written beside the queue and renamed into it); seen: they are different devices',
    )
  })
})

it('a worker without the right to read says so, and leaves the tasks to those who have it', async context => {
  const path = await scratch()
  const driver = await openDriver(`fq://${path}`)
  await driver.insert([{ id: 'x', body: message(1) }])
  const said = await actOn(context, 'rights', path)
  expect(said).toMatch(/^open\nrefused unavailable No right to read task .* \(umask 002 /)
  expect(await driver.counts()).toMatchObject({ ready: 1, delayed: 0, leased: 0, dead: 0 })
  await driver.close()
})

it('a task that a failing disk does not give out is left as it was, for the fault is not its own', async context => {
  const path = await scratch()
  const driver = await openDriver(`fq://${path}`)
  await driver.insert([{ id: 'x', body: message(1) }])
  const said = await actOn(context, 'reading', path)
  expect(said).toMatch(/^open\nrefused unavailable The file system under fq:.* failed \(EIO\)/)
  expect(await driver.counts()).toMatchObject({ ready: 1, delayed: 0, leased: 0, dead: 0 })
  expect(await driver.lease({ max: 1, seconds: 60, worker: { id: 'w' } })).toHaveLength(1)
  await driver.close()
})

it('a fault in the middle keeps nobody from the tasks that were leased before it', async context => {
  const path = await scratch()
  const driver = await openDriver(`fq://${path}`)
  await driver.insert(['a', 'b', 'c', 'd'].map((id, n) => ({ id, body: message(n) })))
  expect(await actOn(context, 'reading-more', path)).toBe('open\nleased 2\n')
  expect(await driver.counts()).toMatchObject({ ready: 2, delayed: 0, leased: 2, dead: 0 })
  await driver.close()
})

it('an insert that finds the disk full leaves nothing behind, and goes on at once when there is room', async context => {
  const path = await scratch()
  await onSmallDisk(context, path, async () => {
    const driver = await openDriver(`fq://${path}/q`)
    const text = 'x'.repeat(10_000)
    const many = Array.from({ length: 500 }, (_, n) => ({ id: `task-${n}`, body: text }))
    await expect(driver.insert(many)).rejects.toMatchObject({ code: 'unavailable' })
    expect(await readdir(join(path, 'q/taskq/temp'))).toEqual([])
    expect(await readdir(join(path, 'q/movement'))).toEqual([])
    const answers = await driver.insert(many.slice(0, 50))
    expect(new Set(answers)).toEqual(new Set(['new']))
    await driver.close()
  })
})

/** What a process of its own says of a queue in `folder` on a file system that lacks something. */
async function actOn(context: TestContext, weak: string, folder: string, options = '') {
  const library = await weakDisk(context)
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [actor, `fq://${folder}${options}`, 'lease'],
    { env: { ...process.env, WEAK: weak, LD_PRELOAD: library } },
  )
  expect(String(stderr)).toBe('')
  return String(stdout)
}

/** A file system of two megabytes, which only root can mount. */
async function onSmallDisk(context: TestContext, path: string, act: () => Promise<void>) {
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', path])
  if (mounted.status !== 0) without(context, 'only root can mount a small disk')
  try {
    await act()
  } finally {
    spawnSync('umount', [path])
  }
}
