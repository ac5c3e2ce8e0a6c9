import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { prepareFile, surroundings } from '../../src/runtime/drivers/sqlite/open.ts'
import { systemClock } from '../../src/runtime/queue/clock.ts'
import { openDriver } from '../../src/runtime/queue/open.ts'
import { ManualClock } from '../../src/runtime/testing/index.ts'

let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taskq-'))
  file = join(folder, 'queue.db')
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

const options = { create: true, clock: systemClock, random: Math.random }

describe('a queue file is refused with a sentence', () => {
  it('when there is none and none may be made', async () => {
    const opening = openDriver(`sqlite:${file}`, { create: false })
    await expect(opening).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/no queue at .*queue\.db.*first insert/),
    })
  })

  it('when it is empty and none may be made', async () => {
    await writeFile(file, '')
    await expect(openDriver(`sqlite:${file}`, { create: false })).rejects.toThrow(/no queue at/)
  })

  it('when its folder does not exist', async () => {
    const opening = openDriver(`sqlite:${folder}/no/such/queue.db`)
    await expect(opening).rejects.toThrow(/folder .*no\/such does not exist.*mkdir -p/)
  })

  it('when it is a folder', async () => {
    await mkdir(file)
    await expect(openDriver(`sqlite:${file}`)).rejects.toThrow(/is no file/)
  })

  it('when it is no database, and its bytes are left alone', async () => {
    const text = 'root_id,x\n864691135494192529,1\n'.repeat(100)
    await writeFile(file, text)
    await expect(openDriver(`sqlite:${file}`)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/is no SQLite database/),
    })
    expect(await readFile(file, 'utf8')).toBe(text)
  })

  it('when it is the database of another program, which is left alone', async () => {
    const db = new DatabaseSync(file)
    db.exec('create table photo (id integer); insert into photo values (1)')
    db.close()
    const before = await readFile(file)
    await expect(openDriver(`sqlite:${file}`)).rejects.toThrow(/of another program/)
    expect(await readFile(file)).toEqual(before)
  })

  it('when a newer taskq wrote it', async () => {
    await (await openDriver(`sqlite:${file}`)).close()
    const db = new DatabaseSync(file)
    db.exec('pragma user_version = 99')
    db.close()
    await expect(openDriver(`sqlite:${file}`)).rejects.toThrow(/newer taskq.*version 99/)
  })

  it.each([
    ['drop table held', /held is gone/],
    ['alter table task drop column priority', /task is another/],
    ['drop table done; create view done as select 1 as place', /done is another/],
    ['create trigger t after insert on held begin delete from task; end', /trigger, "t"/],
    ['delete from tally', /tally is empty/],
    ['pragma user_version = 1', /not as taskq made it/],
  ])('when somebody changed its tables: %s', async (statements, complaint) => {
    await (await openDriver(`sqlite:${file}`)).close()
    const db = new DatabaseSync(file)
    db.exec(statements)
    db.close()
    const opening = openDriver(`sqlite:${file}`)
    await expect(opening).rejects.toMatchObject({ code: 'invalid' })
    await expect(opening).rejects.toThrow(complaint)
  })

  it('when it has a second name, under which SQLite would keep another log', async () => {
    await (await openDriver(`sqlite:${file}`)).close()
    await link(file, join(folder, 'second.db'))
    await expect(openDriver(`sqlite:${file}`)).rejects.toThrow(/2 names/)
    await rm(join(folder, 'second.db'))
    await (await openDriver(`sqlite:${file}`)).close()
  })

  it('when it is truncated', async () => {
    const driver = await openDriver(`sqlite:${file}`)
    await driver.insert([{ id: 'x', body: 'x'.repeat(100_000) }])
    await driver.close()
    await truncate(file, 8192)
    await expect(openDriver(`sqlite:${file}`)).rejects.toThrow(/is damaged: it was truncated/)
  })

  it('at whatever byte it is cut off', async () => {
    const driver = await openDriver(`sqlite:${file}`)
    await driver.insert([{ id: 'x', body: 'x'.repeat(10_000) }])
    await driver.close()
    const whole = await readFile(file)
    for (let part = 0; part < 40; part += 1) {
      const cut = join(folder, `cut-${part}.db`)
      await writeFile(cut, whole.subarray(0, Math.floor((whole.length * part) / 40)))
      const outcome = await openDriver(`sqlite:${cut}`).then(
        async opened => {
          await opened.close()
          return 'opened'
        },
        error => error.code,
      )
      expect(outcome).toBe(part === 0 ? 'opened' : 'invalid')
    }
  })

  it('when it lies on a file system that several hosts share', async () => {
    for (const [type, name] of [
      [0x6969, 'NFS'],
      [0x65735546, 'FUSE'],
      [0xff534d42 | 0, 'CIFS'],
    ] as const) {
      const around = { ...surroundings, fileSystemType: () => type }
      await expect(prepareFile(file, true, options, around)).rejects.toMatchObject({
        code: 'unsupported',
        message: expect.stringContaining(`(${name})`),
      })
    }
  })

  it('when this Node carries a SQLite that can damage it', async () => {
    for (const sqliteVersion of ['3.51.2', '3.50.9', '2.99.99']) {
      const around = { ...surroundings, sqliteVersion }
      await expect(prepareFile(file, true, options, around)).rejects.toThrow(/Node 24\.15/)
    }
  })

  it('when the user may not write it', async () => {
    await (await openDriver(`sqlite:${file}`)).close()
    await chmod(file, 0o444)
    await chmod(folder, 0o555)
    const complaint = await asNobody(`sqlite:${file}`)
    await chmod(folder, 0o755)
    expect(complaint).toMatch(/cannot be written|cannot be opened/)
    expect(complaint).toMatch(/rights|may write/)
  })

  it('when its options are unknown or misspelt', async () => {
    await expect(openDriver(`sqlite:${file}?durabel=false`)).rejects.toThrow(/"durabel".*durable/)
    await expect(openDriver(`sqlite:${file}?durable=no`)).rejects.toThrow(/true or false/)
    await expect(openDriver('sqlite:')).rejects.toThrow(/names no file.*sqlite:queue\.db/)
  })
})

it('a path may hold spaces, letters of all kinds, a percent sign and an escaped question mark', async () => {
  for (const name of ['my queue.db', 'Schlüssel 🧠.db', '100%.db', 'what%3F.db', "o'hara.db"]) {
    const driver = await openDriver(`sqlite:${folder}/${name}`)
    await driver.insert([{ id: 'a', body: 'a' }])
    await driver.close()
    await readFile(join(folder, name.replace('%3F', '?')))
  }
})

it('a relative path, a bare path and a URL with slashes name the same file', async () => {
  const driver = await openDriver(file)
  await driver.insert([{ id: 'a', body: 'a' }])
  const other = await openDriver(`sqlite://${file}`, { create: false })
  expect((await other.counts()).ready).toBe(1)
  await driver.close()
  await other.close()
})

it('a second opening in the same process leaves the locks of the first alone', async context => {
  if (process.platform !== 'linux') context.skip('only Linux shows who holds which lock')
  const first = await openDriver(`sqlite:${file}`)
  await first.insert([{ id: 'a', body: 'a' }])
  const locks = async () => {
    const { ino } = await stat(file)
    return (await readFile('/proc/locks', 'utf8'))
      .split('\n')
      .filter(line => line.includes(`:${ino} `))
  }
  const before = await locks()
  expect(before.length).toBeGreaterThan(0)
  await (await openDriver(`sqlite:${file}`)).close()
  expect((await locks()).length).toBe(before.length)
  await first.close()
})

it('a file that was deleted or replaced while open takes nothing more', async () => {
  const driver = await openDriver(`sqlite:${file}`)
  await driver.insert([{ id: 'a', body: 'a' }])
  await rm(file)
  const gone = {
    code: 'unavailable',
    message: expect.stringMatching(/deleted or replaced.*restart/),
  }
  await expect(driver.insert([{ id: 'b', body: 'b' }])).rejects.toMatchObject(gone)
  await writeFile(file, '')
  await expect(driver.insert([{ id: 'b', body: 'b' }])).rejects.toMatchObject(gone)
  await driver.close()
})

it('a URL that SQLite would take for memory or an address of its own is a file here', async () => {
  const here = process.cwd()
  process.chdir(folder)
  try {
    for (const name of [':memory:', 'file:foo.db']) {
      const driver = await openDriver(`sqlite:${name}`)
      await driver.insert([{ id: 'a', body: 'a' }])
      await driver.close()
      expect((await stat(join(folder, name))).size).toBeGreaterThan(0)
    }
  } finally {
    process.chdir(here)
  }
})

it('the URL that a driver tells opens the same queue', async () => {
  for (const name of ['what%3F.db', '100%2541.db', 'a b.db', 'q.db?durable=false']) {
    const driver = await openDriver(`sqlite:${folder}/${name}`)
    await driver.insert([{ id: name, body: '' }])
    const again = await openDriver(driver.url, { create: false })
    expect(again.url).toBe(driver.url)
    expect(again.traits).toEqual(driver.traits)
    expect((await again.counts()).ready).toBe(1)
    await driver.close()
    await again.close()
  }
})

it('an abort is heard while another process holds the lock', async () => {
  const driver = await openDriver(`sqlite:${file}`)
  await driver.insert([{ id: 'x', body: '' }])
  const holder = new DatabaseSync(file)
  holder.exec('begin immediate')
  const abort = new AbortController()
  const request = { max: 1, seconds: 60, worker: { id: 'w' }, signal: abort.signal }
  const leasing = driver.lease(request)
  abort.abort(new Error('enough'))
  await expect(leasing).rejects.toThrow('enough')
  holder.exec('rollback')
  holder.close()
  expect((await driver.counts()).ready).toBe(1)
  await driver.close()
})

it('one bad argument is refused alone, the other calls of its turn go on', async () => {
  const driver = await openDriver(`sqlite:${file}`)
  await driver.insert([{ id: 'x', body: '' }])
  const [lease] = await driver.lease({ max: 1, seconds: 60, worker: { id: 'w' } })
  if (lease === undefined) throw new Error('nothing to lease')
  const inserting = driver.insert([{ id: 'y', body: '' }])
  const releasing = driver.release([{ ...lease, attempts: 0.5 }])
  await expect(releasing).rejects.toMatchObject({ code: 'invalid' })
  expect(await inserting).toEqual(['new'])
  await driver.close()
})

describe('time', () => {
  it('a jump of the wall clock neither ends a lease early nor keeps it longer', async () => {
    const clock = new ManualClock()
    const driver = await openDriver(`sqlite:${file}`, { clock })
    const request = { max: 1, seconds: 10, worker: { id: 'w' } }
    await driver.insert([{ id: 'x', body: '' }])
    await driver.lease(request)
    for (const jump of [3600, -7200, 86_400]) {
      clock.jump(jump)
      expect(await driver.lease(request)).toEqual([])
    }
    clock.jump(-86_400)
    clock.advance(10)
    expect(await driver.lease(request)).toHaveLength(1)
    await driver.close()
  })

  it('after a restart of the machine leases have ended and delays go on', async () => {
    const clock = new ManualClock()
    const before = await openDriver(`sqlite:${file}`, { clock })
    await before.insert([{ id: 'held', body: '' }])
    const request = { max: 5, seconds: 40_000, worker: { id: 'w' } }
    const [lease] = await before.lease(request)
    await before.insert([{ id: 'later', body: '', headers: { delaySeconds: 100 } }])
    await before.close()
    clock.reboot(60)
    const after = await openDriver(`sqlite:${file}`, { clock })
    expect(await after.counts()).toMatchObject({ ready: 1, delayed: 1, leased: 0 })
    expect(await after.complete(lease === undefined ? [] : [lease])).toEqual(['lost'])
    clock.advance(40)
    expect(await after.counts()).toMatchObject({ ready: 2, delayed: 0 })
    await after.close()
  })

  it('where the platform names no boot, time is the wall clock', async () => {
    const clock = new ManualClock()
    clock.bootId = undefined
    const driver = await openDriver(`sqlite:${file}`, { clock })
    await driver.insert([{ id: 'x', body: '', headers: { delaySeconds: 10 } }])
    clock.jump(11)
    expect((await driver.counts()).ready).toBe(1)
    await driver.close()
  })
})

it('waits for a lock that another process holds, and goes on when it is free', async () => {
  const driver = await openDriver(`sqlite:${file}`)
  const holder = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `import { DatabaseSync } from 'node:sqlite'
     const db = new DatabaseSync(${JSON.stringify(file)})
     db.exec('begin immediate')
     console.log('locked')
     process.stdin.once('data', () => { db.exec('rollback'); db.close(); process.exit() })`,
  ])
  await once(holder.stdout, 'data')
  let answered = false
  const inserting = driver.insert([{ id: 'x', body: '' }]).finally(() => {
    answered = true
  })
  expect((await driver.counts()).ready).toBe(0)
  expect(answered).toBe(false)
  holder.stdin.end('go')
  expect(await inserting).toEqual(['new'])
  await driver.close()
})

/** What is said to a user without rights who inserts; root becomes one once all is loaded. */
async function asNobody(url: string): Promise<string> {
  const code = `import { openDriver } from '${join(process.cwd(), 'src/runtime/queue/open.ts')}'
    await (await openDriver('sqlite:${folder}/../loaded-' + process.pid + '.db')).close()
    if (process.getuid() === 0) { process.setegid(65534); process.seteuid(65534) }
    const driver = await openDriver('${url}')
    await driver.insert([{ id: 'a', body: 'a' }])`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code])
  const text: string[] = []
  child.stderr.on('data', data => text.push(String(data)))
  await once(child, 'close')
  await rm(join(folder, '..', `loaded-${child.pid}.db`), { force: true })
  return text.join('')
}
