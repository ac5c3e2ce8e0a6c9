import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { isWell } from '../../src/runtime/watching/health.ts'
import { heartbeatFile } from '../../src/runtime/watching/heartbeat-file.ts'
import type { Told } from '../../src/runtime/watching/told.ts'

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'taskq-beat-'))
  onTestFinished(() => rm(made, { recursive: true, force: true }))
  return made
}

it('the file is written while the worker is well and left alone when it hangs', async () => {
  const file = join(await folder(), 'beat')
  let time = 0
  let turnedAt = 0
  const well = () => isWell({ turnedAt }, time)
  const beat = heartbeatFile(
    file,
    well,
    () => new Date(time),
    () => {},
  )
  const written = async () => Date.parse((await readFile(file, 'utf8')).trim())
  expect(await written()).toBe(0)
  turnedAt = 100_000
  time = 100_000
  beat.tick?.act()
  expect(await written()).toBe(100_000)
  time = 159_000
  beat.tick?.act()
  expect(await written()).toBe(159_000)
  time = 160_000
  beat.tick?.act()
  expect(await written()).toBe(159_000)
})

it('where it cannot be written from the start that is a fault of configuration', async () => {
  const file = join(await folder(), 'nowhere', 'beat')
  const open = () =>
    heartbeatFile(
      file,
      () => true,
      () => new Date(0),
      () => {},
    )
  expect(open).toThrow(/heartbeat file .* cannot be written: .*ENOENT.*TQ_HEARTBEAT_FILE/)
})

it('where it cannot be written later that is told once', async () => {
  const made = await folder()
  const told: Told[] = []
  const beat = heartbeatFile(
    join(made, 'beat'),
    () => true,
    () => new Date(0),
    one => told.push(one),
  )
  await rm(made, { recursive: true })
  beat.tick?.act()
  beat.tick?.act()
  expect(told).toMatchObject([{ event: 'watch-trouble' }])
})
