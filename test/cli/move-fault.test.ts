import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { carrierOf } from '../../src/runtime/cli/moving/carry.ts'
import { emptyTally } from '../../src/runtime/cli/moving/deliver.ts'
import { moveTasks } from '../../src/runtime/cli/moving/move.ts'
import { openShell } from '../../src/runtime/cli/shell.ts'
import { openQueue } from '../../src/runtime/index.ts'
import { testFolder } from './taskq.ts'

it('a move whose destination fails gives back at once what did not arrive there', async () => {
  const folder = await testFolder()
  const open = async (name: string) => {
    const queue = await openQueue(`fq://${join(folder, name)}?durable=false`)
    onTestFinished(() => queue.close())
    return queue
  }
  const [from, to] = [await open('from'), await open('to')]
  const tasks = Array.from({ length: 20 }, (_, n) => ({ id: `t${n}`, params: { n } }))
  await from.insert(tasks)
  await to.insert(tasks.slice(0, 3))
  // As with a full disk: what is there can be read, nothing new can be written.
  const temp = join(folder, 'to/taskq/temp')
  await rename(temp, `${temp}-away`)
  const progress = { tell: () => Promise.resolve(), end: () => Promise.resolve() }
  const tally = emptyTally()
  const moving = { from, to, carry: carrierOf(from, to), tally, progress, shell: openShell() }
  await expect(moveTasks(moving, { dead: false, leased: false })).rejects.toThrow()
  expect(await from.counts()).toMatchObject({ ready: 17, leased: 3 })
  await rename(`${temp}-away`, temp)
  await moveTasks(moving, { dead: false, leased: false })
  expect(await from.counts()).toMatchObject({ ready: 0, leased: 0 })
  expect(await to.counts()).toMatchObject({ ready: 20 })
})
