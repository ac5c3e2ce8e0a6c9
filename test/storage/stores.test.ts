import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore, type Store } from '../../src/runtime/storage/index.ts'
import { type GsServer, startGs } from './gs-server.ts'
import { type S3Server, startS3 } from './s3-server.ts'
import { contents, storeSuite } from './suite.ts'

let folder: string
let s3: S3Server
let gs: GsServer
let stores = 0

/** A number that no other store of this file has. */
function nextNumber(): number {
  stores += 1
  return stores
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'taskq store % '))
  s3 = await startS3()
  gs = await startGs()
})

afterAll(async () => {
  await s3.close()
  gs.close()
  await rm(folder, { recursive: true })
})

/** Short waits: nothing here is about how long they are. */
const hasty = { random: () => 1 }

async function emptyS3(): Promise<Store> {
  const bucket = `bucket-${nextNumber()}`
  s3.makeBucket(bucket)
  const env = {
    ...{ HOME: folder, AWS_ENDPOINT_URL: s3.origin },
    ...{ AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' },
  }
  return await openStore(`s3://${bucket}/in/a folder`, { env, ...hasty })
}

async function emptyGs(): Promise<Store> {
  const bucket = `bucket-${nextNumber()}`
  gs.makeBucket(bucket)
  const env = { HOME: folder, STORAGE_EMULATOR_HOST: gs.origin }
  return await openStore(`gs://${bucket}/in/a folder/`, { env, ...hasty })
}

storeSuite({
  kind: 'file:',
  empty: () => openStore(`file://${join(folder, `store ${nextNumber()}`)}`),
  refuses: { versions: 'a folder cannot compare and replace in one step' },
})
storeSuite({ kind: 's3:', empty: emptyS3 })
storeSuite({ kind: 'gs:', empty: emptyGs })

describe('a file: store', () => {
  test('does not follow a symbolic link out of its folder', async () => {
    const root = join(folder, 'with links')
    await mkdir(join(root, 'in'), { recursive: true })
    await mkdir(join(folder, 'elsewhere'))
    await writeFile(join(folder, 'elsewhere/secret'), 'x')
    await symlink(join(folder, 'elsewhere'), join(root, 'out'))
    const store = await openStore(root)
    const refusal = { code: 'invalid', message: expect.stringContaining('leads out of') }
    await expect(store.read('out/secret')).rejects.toMatchObject(refusal)
    await expect(store.write('out/new', 'x')).rejects.toMatchObject(refusal)
    await expect(store.remove(['out/secret'])).rejects.toMatchObject(refusal)
    expect(await readdir(join(folder, 'elsewhere'))).toEqual(['secret'])
  })

  test('says what is wrong with a folder that is a file', async () => {
    await writeFile(join(folder, 'plain'), '')
    const store = await openStore(join(folder, 'plain'))
    await expect(store.write('a', 'x')).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('Check that it is a folder'),
    })
  })
})

describe.each([
  ['s3:', emptyS3, () => s3],
  ['gs:', emptyGs, () => gs],
] as const)('a %s store on a bad day', (_, empty, server) => {
  test('tries again what may pass', async () => {
    const store = await empty()
    server().faults.push(503, 500)
    expect(await store.write('a', 'x')).toBe('written')
    server().faults.push(503, 503)
    expect((await contents(store, 'a'))?.toString()).toBe('x')
    server().faults.push(503)
    expect(await store.has(['a'])).toEqual([true])
  })

  test('gives up after the tries it has, and says that trying again may help', async () => {
    const store = await empty()
    server().faults.push(503, 503, 503, 503, 503)
    await expect(store.write('a', 'x')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(store.url),
    })
    expect(server().faults).toEqual([])
  })

  test('takes a body that broke off up where it ended', async () => {
    const store = await empty()
    const bytes = Buffer.alloc(300_000, 'abcdefg')
    await store.write('a', bytes)
    server().faults.push({ cutAfterBytes: 1000 }, { cutAfterBytes: 500 })
    expect((await contents(store, 'a'))?.equals(bytes)).toBe(true)
    expect(server().faults).toEqual([])
  })

  test('does not mend a body from another version of the file', async () => {
    const store = await empty()
    await store.write('a', Buffer.alloc(300_000, 'a'))
    server().faults.push({ cutAfterBytes: 1000 })
    const opened = await store.read('a')
    await store.write('a', Buffer.alloc(300_000, 'b'))
    const reading = (async () => {
      for await (const _ of opened?.body ?? []);
    })()
    await expect(reading).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/broke off after \d+ bytes/),
    })
  })

  test('writes the pieces of a large file once, whatever answer is lost', async () => {
    const store = await empty()
    const pieces = async function* () {
      for (let at = 0; at < 20; at += 1) {
        // From the second piece on: the first call only begins.
        if (at === 18) server().faults.push(503)
        yield Buffer.alloc(1_000_000, at)
      }
    }
    await store.write('large', pieces())
    expect((await contents(store, 'large'))?.length).toBe(20_000_000)
  })

  test('stops when it is told to', async () => {
    const store = await empty()
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(store.write('a', 'x', { signal })).rejects.toThrow()
    expect(await store.has(['a'])).toEqual([false])
  })

  test('names a bucket that is not there', async () => {
    const store = await empty()
    const address = store.url.replace(/bucket-\d+/, 'no-such-bucket')
    const env = { HOME: folder, AWS_ENDPOINT_URL: s3.origin, STORAGE_EMULATOR_HOST: gs.origin }
    const keyed = { ...env, AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' }
    const missing = await openStore(address, { env: keyed })
    await expect(missing.write('a', 'x')).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/no-such-bucket.*There is no such bucket/),
    })
  })
})

test.each([
  ['s3:', (origin: string) => `s3://${origin}/bucket/x`],
  ['gs:', () => 'gs://bucket/x'],
])('a server of %s that says nothing is given up', async (_, addressAt) => {
  const silent = createServer().listen(0, '127.0.0.1')
  const sockets: Socket[] = []
  silent.on('connection', socket => sockets.push(socket))
  await once(silent, 'listening')
  const origin = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
  const keys = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' }
  const env = { HOME: folder, STORAGE_EMULATOR_HOST: origin, ...keys }
  const store = await openStore(addressAt(origin), { env, tries: 2, silenceSeconds: 0.1 })
  await expect(store.read('a')).rejects.toMatchObject({ code: 'unavailable' })
  expect(sockets.length).toBe(2)
  for (const socket of sockets) socket.destroy()
  silent.close()
})

describe('an address', () => {
  test.each([
    ['', 'Set CF_CLOUDPATH'],
    ['mem://x', 'Known: file: s3: gs: https:'],
    ['constructor:x', 'Known: file: s3: gs: https:'],
    ['file://relative/x', 'three slashes'],
    ['s3://', 'names no bucket'],
    ['gs:///folder', 'names no bucket'],
    ['s3://UPPER/x', 'names no bucket'],
    ['s3://../x', 'names no bucket'],
    ['s3://bucket/a/../b', 'a part of it is ".."'],
    ['gs://bucket/../other', 'a part of it is ".."'],
    ['s3://https://me:geheim@host/bucket/x', 'holds a login'],
    ['s3://me:geheim@bucket/x', 'holds a login'],
    ['s3://me:geh/geheim@bucket/x', 'names no bucket'],
    ['http://me:geheim@host/x?key=geheim', 'does not know'],
    ['https://me:geheim@localhost/x', 'holds a login'],
  ])('%j is refused with a sentence', async (address, sentence) => {
    const fault = await openStore(address).catch((error: Error) => error)
    expect(fault).toMatchObject({ message: expect.stringContaining(sentence) })
    expect(inspect(fault)).not.toContain('geheim')
  })

  test('may name the server of an s3: store', async () => {
    s3.makeBucket('named')
    const env = { HOME: folder, AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' }
    const store = await openStore(`s3://${s3.origin}/named/x`, { env })
    await store.write('a', 'x')
    expect(s3.requests.at(-1)).toBe('PUT /named/x/a')
  })
})

describe('the credentials of CloudFiles', () => {
  const secretOf = (name: string) =>
    JSON.stringify({ AWS_ACCESS_KEY_ID: name, AWS_SECRET_ACCESS_KEY: 'secret' })

  test.each([
    ['.cloudvolume/secrets', 'aws-secret.json'],
    ['.cloudfiles/secrets', 'aws-secret.json'],
    ['.cloudvolume/secrets', 'with-secrets-aws-secret.json'],
    ['elsewhere', 'aws-secret.json'],
  ])('in %s/%s are used before those of the environment', async (place, name) => {
    const home = await mkdtemp(join(folder, 'home'))
    const key = `${place}${name}`.replaceAll(/[^a-z]/g, '')
    await mkdir(join(home, place), { recursive: true })
    await writeFile(join(home, place, name), secretOf(key))
    s3.makeBucket('with-secrets')
    const env = {
      ...{ HOME: home, AWS_ENDPOINT_URL: s3.origin, AWS_ACCESS_KEY_ID: 'other' },
      ...(place === 'elsewhere' && { CF_SECRETS_PATH: join(home, place) }),
    }
    const store = await openStore('s3://with-secrets', { env })
    await store.write('a', 'x')
    expect(s3.accessKeys).toContain(key)
  })

  test('of one bucket go before those for all', async () => {
    const home = await mkdtemp(join(folder, 'home'))
    await mkdir(join(home, '.cloudvolume/secrets'), { recursive: true })
    await writeFile(join(home, '.cloudvolume/secrets/aws-secret.json'), secretOf('forall'))
    await writeFile(
      join(home, '.cloudvolume/secrets/one-bucket-aws-secret.json'),
      secretOf('forone'),
    )
    s3.makeBucket('one-bucket')
    const store = await openStore('s3://one-bucket', {
      env: { HOME: home, AWS_ENDPOINT_URL: s3.origin },
    })
    await store.write('a', 'x')
    expect(s3.accessKeys).toContain('forone')
    expect(s3.accessKeys).not.toContain('forall')
  })

  test('may begin with the mark that some editors write', async () => {
    const home = await mkdtemp(join(folder, 'home'))
    await writeFile(join(home, 'aws-secret.json'), `\ufeff${secretOf('marked')}`)
    s3.makeBucket('marked-bucket')
    const env = { CF_SECRETS_PATH: home, AWS_ENDPOINT_URL: s3.origin }
    await (await openStore('s3://marked-bucket', { env })).write('a', 'x')
    expect(s3.accessKeys).toContain('marked')
  })

  test.each([
    ['{}', 'no key of a service account'],
    ['{"type":"external_account","token_url":"http://visible"}', 'no key of a service account'],
    ['{"client_email":"a@b","private_key":"visible"}', 'do not work for gs://bucket'],
  ])('for Google that are broken are named by their file: %s', async (text, sentence) => {
    const home = await mkdtemp(join(folder, 'home'))
    await writeFile(join(home, 'google-secret.json'), text)
    const env = { CF_SECRETS_PATH: home }
    const failure = await openStore('gs://bucket', { env })
      .then(store => store.read('a'))
      .then(
        () => undefined,
        (error: Error) => error,
      )
    expect(failure).toMatchObject({ code: 'invalid', message: expect.stringContaining(sentence) })
    expect(failure?.message).toContain(join(home, 'google-secret.json'))
    expect(failure?.message).not.toContain('visible')
  })

  test.each([
    ['{"AWS_ACCESS_KEY_ID":"visible","AWS', 'cannot be read; expected one JSON object'],
    ['["visible"]', 'cannot be read; expected one JSON object'],
    ['{"AWS_ACCESS_KEY_ID":"visible"}', 'holds no AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY'],
  ])('that are broken are named by their file and never shown: %s', async (text, sentence) => {
    const home = await mkdtemp(join(folder, 'home'))
    await writeFile(join(home, 'aws-secret.json'), text)
    const opening = openStore('s3://bucket', { env: { CF_SECRETS_PATH: home } })
    const failure = await opening.then(
      () => undefined,
      (error: Error) => error,
    )
    expect(failure).toMatchObject({ code: 'invalid', message: expect.stringContaining(sentence) })
    expect(failure?.message).toContain(join(home, 'aws-secret.json'))
    expect(inspect(failure)).not.toContain('visible')
  })
})
