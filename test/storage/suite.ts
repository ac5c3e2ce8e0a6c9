import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Store } from '../../src/runtime/storage/index.ts'

/** A kind of store that the suite is run on. */
export interface StoreBench {
  readonly kind: string
  /** A store with nothing in it. */
  readonly empty: () => Promise<Store>
  /** What this kind refuses, and why. */
  readonly refuses?: { readonly versions?: string }
}

/** Promises of every store that can be written. */
export function storeSuite({ kind, empty, refuses = {} }: StoreBench): void {
  describe(`a ${kind} store`, () => {
    test('gives back the bytes that were written, and lists their key', async () => {
      const store = await empty()
      expect(await store.write('tiles/3/17.bin', new Uint8Array([0, 255, 10]))).toBe('written')
      expect(await contents(store, 'tiles/3/17.bin')).toEqual(Buffer.from([0, 255, 10]))
      expect(await keys(store)).toEqual(['tiles/3/17.bin'])
    })

    test('keeps odd keys apart, each as it was written', async () => {
      const store = await empty()
      const odd = [
        ...['a b', 'a+b', 'a%20b', 'a%2fb', 'ä/ö.txt', 'q?x=1', 'h#1', 'quo"te', "it's", '$(x)'],
        ...['{{x}}', '<a>&amp;', '..a', 'a..', '.hidden', 'コ/ン', '-rf', '~', 'a:b', '100%'],
      ]
      for (const key of odd) await store.write(key, key)
      expect(await keys(store)).toEqual([...odd].sort())
      for (const key of odd) expect((await contents(store, key))?.toString()).toBe(key)
      expect(await store.has(odd)).toEqual(odd.map(() => true))
      await store.remove(odd)
      expect(await keys(store)).toEqual([])
    })

    test.each([
      '',
      '/etc/passwd',
      '../x',
      'a/../../x',
      'a//b',
      './a',
      'a/',
      'a\u0000b',
      'a\nb',
      'a\\b',
      '\ud800',
      'a/.taskq-unfinished-b',
      'k'.repeat(1025),
    ])('refuses the key %j before it is asked for', async key => {
      const store = await empty()
      const refusal = { code: 'invalid', message: expect.stringContaining('cannot name a file') }
      await expect(store.read(key)).rejects.toMatchObject(refusal)
      await expect(store.write(key, 'x')).rejects.toMatchObject(refusal)
      await expect(store.has([key])).rejects.toMatchObject(refusal)
      await expect(store.remove([key])).rejects.toMatchObject(refusal)
    })

    test('knows what is there and what is not, in the order asked', async () => {
      const store = await empty()
      await store.write('here', '')
      await store.write('folder/below', 'x')
      expect(await store.has(['not', 'here', 'folder', 'folder/below', 'here/below'])).toEqual([
        ...[false, true, false, true, false],
      ])
      expect(await store.read('not')).toBeUndefined()
      expect(await store.read('folder')).toBeUndefined()
    })

    test('lists by prefix, which may end within a name, page after page', async () => {
      const store = await empty()
      const many = Array.from({ length: 1015 }, (_, at) => `rows/${at}`)
      await Promise.all(many.map(key => store.write(key, 'x')))
      await store.write('rows-not', 'x')
      expect(await keys(store, 'rows/')).toEqual([...many].sort())
      const tens = many.filter(key => key.startsWith('rows/10'))
      expect(await keys(store, 'rows/10')).toEqual([...tens].sort())
      expect(await keys(store, 'none/')).toEqual([])
      await store.remove(many)
      expect(await keys(store)).toEqual(['rows-not'])
    })

    test('replaces a file as a whole', async () => {
      const store = await empty()
      await store.write('a', 'long before')
      await store.write('a', 'short')
      expect((await contents(store, 'a'))?.toString()).toBe('short')
    })

    test('reads from a byte on', async () => {
      const store = await empty()
      await store.write('a', '0123456789')
      const opened = await store.read('a', { fromByte: 7 })
      expect(opened?.bytes).toBe(10)
      expect((await collect(opened?.body)).toString()).toBe('789')
    })

    test('takes what comes in pieces, many times larger than one of them', async () => {
      const store = await empty()
      const hash = createHash('sha256')
      const pieces = async function* () {
        for (let at = 0; at < 20; at += 1) {
          const piece = Buffer.alloc(1_000_003, at)
          hash.update(piece)
          yield piece
        }
      }
      await store.write('large', pieces())
      const read = createHash('sha256')
      const opened = await store.read('large')
      for await (const chunk of opened?.body ?? []) read.update(chunk)
      expect(opened?.bytes).toBe(20_000_060)
      expect(read.digest('hex')).toBe(hash.digest('hex'))
    })

    test('shows nothing of a file whose writing failed, and leaves nothing behind', async () => {
      const store = await empty()
      await store.write('a', 'before')
      const failing = async function* () {
        yield Buffer.alloc(17_000_000)
        throw new Error('the source broke off')
      }
      await expect(store.write('a', failing())).rejects.toThrow('the source broke off')
      expect((await contents(store, 'a'))?.toString()).toBe('before')
      expect(await keys(store)).toEqual(['a'])
    })

    test('lets one of many writers be the first', async () => {
      const store = await empty()
      const writers = Array.from({ length: 8 }, (_, at) =>
        store.write('claim', `writer ${at}`, { when: 'absent' }),
      )
      const answers = await Promise.all(writers)
      expect(answers.filter(answer => answer === 'written')).toHaveLength(1)
      const winner = answers.indexOf('written')
      expect((await contents(store, 'claim'))?.toString()).toBe(`writer ${winner}`)
    })

    test('replaces a version only while it is the one that was read', async () => {
      const store = await empty()
      await store.write('a', 'one')
      const opened = await store.read('a')
      await collect(opened?.body)
      const when = { version: opened?.version ?? '' }
      if (refuses.versions !== undefined) {
        await expect(store.write('a', 'two', { when })).rejects.toMatchObject({
          code: 'unsupported',
        })
        return
      }
      expect(await store.write('a', 'two', { when })).toBe('written')
      expect(await store.write('a', 'three', { when })).toBe('refused')
      expect((await contents(store, 'a'))?.toString()).toBe('two')
    })

    test('removing what is not there is no fault', async () => {
      const store = await empty()
      await store.write('a', 'x')
      await store.remove(['a', 'b'])
      await store.remove(['a'])
      expect(await keys(store)).toEqual([])
    })
  })
}

/** All of a file; `undefined` when there is none. */
export async function contents(store: Store, key: string): Promise<Buffer | undefined> {
  const opened = await store.read(key)
  return opened === undefined ? undefined : await collect(opened.body)
}

async function collect(body: AsyncIterable<Uint8Array> = [] as never): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function keys(store: Store, prefix?: string): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { key } of store.list(prefix === undefined ? {} : { prefix })) found.push(key)
  return found.sort()
}
