import { existsSync } from 'node:fs'
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { change, everyState } from './queues.ts'
import { taskq, testFolder } from './taskq.ts'
import { taskqInTerminal } from './terminal.ts'

describe('create-queue', () => {
  it('makes a file and says so; asked again it makes nothing', async () => {
    const path = join(await testFolder(), 'queue.db')
    const { code, out } = await taskq(['create-queue', `sqlite:${path}`])
    expect({ code, out }).toEqual({ code: 0, out: `Made file ${path}.\n` })
    const again = await taskq(['create-queue', `sqlite:${path}`, '--json'])
    expect(JSON.parse(again.out)).toEqual({
      queue: `sqlite:${path}`,
      made: [],
      present: [`file ${path}`],
    })
    expect((await taskq(['status', `sqlite:${path}`])).code).toBe(0)
  })

  it('has nothing to make where a queue is there by being opened', async () => {
    const { code, out } = await taskq(['create-queue', 'memory:x'])
    expect({ code, out }).toEqual({
      code: 0,
      out: 'memory:x is there whenever it is opened; nothing needs making.\n',
    })
  })
})

describe('delete-queue', () => {
  it.each([
    { scheme: 'sqlite', name: 'queue.db', part: (real: string) => `file ${real}` },
    { scheme: 'fq', name: 'queue', part: (real: string) => join(real, 'queue') },
  ])('of a link deletes the $scheme queue it leads to, and the link', async each => {
    const { scheme, name, part } = each
    const folder = await testFolder()
    const real = join(folder, name)
    const link = join(folder, `link-${name}`)
    await change(`${scheme}:${real}`, queue => queue.insert([{ id: 'a', params: {} }]))
    await symlink(real, link)
    const { code, out } = await taskq(['delete-queue', `${scheme}:${link}`, '--yes', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out).deleted).toEqual(expect.arrayContaining([part(real), `link ${link}`]))
    expect(await readdir(folder)).toEqual([])
  })

  it('does nothing where nobody can answer, and says what would be lost', async () => {
    const url = await everyState()
    const { code, err } = await taskq(['delete-queue', url])
    expect(code).toBe(64)
    expect(err).toContain('holds 7 tasks (2 ready, 1 delayed, 1 leased, 1 done, 2 dead).')
    expect(err).toContain('add --yes')
    expect((await taskq(['status', url])).code).toBe(0)
  })

  it('with --yes deletes the file and what SQLite keeps beside it', async () => {
    const url = await everyState()
    const path = url.slice('sqlite:'.length)
    const { code, out } = await taskq(['delete-queue', url, '--yes', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual({ queue: url, deleted: [`file ${path}`], left: [] })
    for (const ending of ['', '-wal', '-shm']) expect(existsSync(path + ending)).toBe(false)
    const again = await taskq(['delete-queue', url, '--yes'])
    expect(again).toMatchObject({ code: 0, out: `There is nothing of ${url} to delete.\n` })
  })

  it('asks for the name, and leaves everything at another answer', async context => {
    const url = await everyState()
    const refused = taskqInTerminal(context, ['delete-queue', url])
    await refused.says(/Type queue\.db to delete it: /)
    refused.child.stdin.write('y\r')
    expect(await refused.ended).toMatchObject({
      code: 1,
      out: expect.stringContaining('Nothing was deleted.'),
    })
    const agreed = taskqInTerminal(context, ['delete-queue', url])
    await agreed.says(/Type queue\.db/)
    agreed.child.stdin.write('queue.db\r')
    expect((await agreed.ended).code).toBe(0)
    expect(existsSync(url.slice('sqlite:'.length))).toBe(false)
  })

  it('never deletes a file that is no queue', async () => {
    const path = join(await testFolder(), 'thesis.db')
    await writeFile(path, 'years of work')
    const { code } = await taskq(['delete-queue', path, '--yes'])
    expect(code).toBe(64)
    expect(await readFile(path, 'utf8')).toBe('years of work')
  })

  it('has nothing to delete where a queue ends with its process', async () => {
    const { code, err } = await taskq(['delete-queue', 'memory:x', '--yes'])
    expect(code).toBe(64)
    expect(err).toContain('nothing that could be deleted')
  })
})
