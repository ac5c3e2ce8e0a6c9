import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { everyState } from './queues.ts'
import { follow, mainPath, taskq, testFolder } from './taskq.ts'

describe('an error', () => {
  it('is a sentence, with its stack only when TQ_DEBUG is 1', async () => {
    const plain = await taskq(['status', 'missing.db'])
    expect(plain.err.trimEnd().split('\n')).toHaveLength(1)
    const debug = await taskq(['status', 'missing.db'], { env: { TQ_DEBUG: '1' } })
    expect(debug.err.startsWith(plain.err)).toBe(true)
    expect(debug.err).toMatch(/^ {4}at .*open\.ts/m)
    expect(debug.code).toBe(64)
  })

  it('of ours is called one, with the stack to report', async () => {
    const broken = `data:text/javascript,${encodeURIComponent(
      'import { DatabaseSync } from "node:sqlite"; DatabaseSync.prototype.prepare = () => { throw new RangeError("broken\\u001b[31m") }',
    )}`
    const around = { nodeOptions: ['--import', broken] }
    const { code, err } = await taskq(['status', await everyState()], around)
    expect(code).toBe(70)
    expect(err).toMatch(/^taskq: This should not happen\. Please report it/)
    expect(err).toMatch(/RangeError: broken\\u001b\[31m/)
  })

  it('of a missing folder for temporary files names it and what to set', async () => {
    const cwd = await testFolder()
    await writeFile(join(cwd, 't.csv'), 'a\n1\n')
    await writeFile(join(cwd, 'task.mjs'), 'export const runTask = () => 1')
    const around = { cwd, env: { TMPDIR: join(cwd, 'nowhere') } }
    const { code, err } = await taskq(['run', 't.csv', '--task', 'task.mjs'], around)
    expect(err).toMatch(/No temporary folder can be made in .*nowhere: .* in TMPDIR\.\n$/)
    expect(code).toBe(64)
  })

  it('of a store that does not answer ends with 69', async () => {
    const url = await everyState()
    const failing = `data:text/javascript,${encodeURIComponent(
      'import { StatementSync } from "node:sqlite"; StatementSync.prototype.get = () => { throw Object.assign(new Error("disk I/O error"), { errcode: 10 }) }',
    )}`
    const { code, err } = await taskq(['status', url], { nodeOptions: ['--import', failing] })
    expect(code).toBe(69)
    expect(err).toMatch(/^taskq: The disk under .*queue\.db failed/)
  })

  it('of writing the output is told, and is no fault of the queue', async () => {
    const { code, err } = await follow(
      spawn('sh', [
        '-c',
        '"$0" "$1" status "$2" > /dev/full',
        process.execPath,
        mainPath,
        await everyState(),
      ]),
    ).ended
    expect({ code, err }).toEqual({
      code: 69,
      err: expect.stringMatching(/^taskq: The output cannot be written: ENOSPC/),
    })
  })
})

it('an old Node gets a sentence before anything modern is loaded', async () => {
  const folder = await testFolder()
  const source = stripTypeScriptTypes(await readFile(mainPath, 'utf8'))
  expect(source).not.toMatch(/^import /m)
  const main = join(folder, 'main.mjs')
  await writeFile(main, source)
  const versions = '{ versions: { value: { node: "20.20.2" } }, version: { value: "v20.20.2" } }'
  const old = `data:text/javascript,${encodeURIComponent(`Object.defineProperties(process, ${versions})`)}`
  const child = spawn(process.execPath, ['--import', old, main, '--help'])
  expect(await follow(child).ended).toEqual({
    code: 64,
    out: '',
    err: 'taskq needs Node 24.15 or newer; this is v20.20.2. In a taskq project run it through npm (npx taskq ...), which uses the pinned one.\n',
  })
})
