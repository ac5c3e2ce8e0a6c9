import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, type TestContext } from 'vitest'
import { openQueue } from '../../src/runtime/index.ts'
import type { WorkEvent } from '../../src/runtime/worker/events.ts'
import { readSettings } from '../../src/runtime/worker/settings.ts'
import { work } from '../../src/runtime/worker/supervisor.ts'
import { without } from '../support/need.ts'
import { wild } from './bench.ts'

it('on a full disk it pauses, says so, and goes on when there is room again', async context => {
  const disk = await smallDisk(context)
  try {
    const queue = await openQueue(`sqlite:${disk}/queue.db`)
    const value = 'x'.repeat(5000)
    await queue.insert(
      Array.from({ length: 200 }, (_, at) => ({
        id: `t${at}`,
        params: { does: 'value', value, at },
      })),
    )
    const ballast = join(disk, 'ballast')
    await expect(writeFile(ballast, Buffer.alloc(8_000_000))).rejects.toThrow(/ENOSPC/)
    const events: WorkEvent[] = []
    const summary = await work({
      queue,
      task: wild,
      settings: readSettings([{ values: { TQ_CONCURRENCY: '2' }, place: () => 'the test' }]),
      until: 'drained',
      onEvent: event => {
        events.push(event)
        // At once, for the worker tries again while a promise is on its way.
        if (event.event === 'store-trouble') rmSync(ballast)
      },
    })
    expect(summary).toMatchObject({ end: 'drained', done: 200, dead: 0, lost: 0 })
    const told = events.map(({ event }) => event)
    expect(told.filter(event => event === 'store-trouble')).toHaveLength(1)
    expect(told.filter(event => event === 'store-recovered')).toHaveLength(1)
    expect(events.find(({ event }) => event === 'store-trouble')).toMatchObject({
      reason: expect.stringMatching(/is full.*Free some space/),
    })
    expect((await queue.results.read({ max: 1000 })).items).toHaveLength(200)
    await queue.close()
  } finally {
    spawnSync('umount', ['-l', disk])
    await rm(disk, { recursive: true })
  }
})

/** A file system of six megabytes, which only root can mount. */
async function smallDisk(context: TestContext): Promise<string> {
  const disk = await mkdtemp(join(tmpdir(), 'taskq-disk-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk])
  if (mounted.status !== 0) without(context, 'only root can mount a small disk')
  return disk
}
