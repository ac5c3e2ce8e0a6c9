import { execFile, spawnSync } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, type TestContext } from 'vitest'
import type { Driver } from '../../src/runtime/queue/driver.ts'
import { openDriver } from '../../src/runtime/queue/open.ts'
import { ManualClock } from '../../src/runtime/testing/index.ts'
import { needProgram } from '../support/need.ts'

/** A folder that goes away with the test. */
export async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fq-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

/** A queue in a folder of its own, its clock standing still; `fixture` is one that Python wrote. */
export async function openBench(fixture?: string) {
  const path = join(await scratch(), 'q')
  if (fixture !== undefined) await cp(`test/fixtures/fq/${fixture}`, path, { recursive: true })
  const clock = new ManualClock()
  const another = async (): Promise<Driver> => {
    const driver = await openDriver(`fq://${path}?durable=false`, { clock })
    onTestFinished(() => driver.close())
    return driver
  }
  return { path, clock, another, driver: await another() }
}

const uuid4 = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'
const namePattern = new RegExp(String.raw`^(0|[1-9]\d{9,})--(${uuid4})\.json$`)

/** Everything that a Python worker relies on, of every task in the folder. */
export async function expectFitForPython(path: string): Promise<void> {
  for (const name of await readdir(join(path, 'queue'))) {
    const [, stamp, key = ''] = namePattern.exec(name) ?? expect.fail(`a foreign name: ${name}`)
    expect(Number(stamp)).toBeLessThan(1e11)
    const body = JSON.parse(await readFile(join(path, 'queue', name), 'utf8')) as { id: unknown }
    expect(body.id).toBe(key)
    const movement = await readFile(join(path, 'movement', key), 'utf8')
    expect(movement.split('\n')).toContain(name)
    expect(movement.endsWith('\n')).toBe(true)
    for (const line of movement.trimEnd().split('\n')) expect(line).toMatch(namePattern)
  }
}

/** A library for LD_PRELOAD under which a file system is weaker, or a process dies at a certain change. */
export async function weakDisk(context: TestContext): Promise<string> {
  needProgram(context, 'cc', 'gcc libc6-dev')
  const library = join(await scratch(), 'weak-disk.so')
  const source = fileURLToPath(new URL('weak-disk.c', import.meta.url))
  const built = spawnSync('cc', ['-shared', '-fPIC', '-o', library, source, '-ldl'])
  expect(String(built.stderr)).toBe('')
  return library
}

/** Runs the Python side on a folder. */
export async function python(command: string, path: string, ...words: readonly string[]) {
  const { stdout } = await promisify(execFile)('python3', [
    'test/fq/peer.py',
    command,
    path,
    ...words,
  ])
  return stdout
}
