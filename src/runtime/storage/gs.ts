import { parseBucket } from './bucket.ts'
import { connectGs, type GsCall, type GsClient } from './gs-client.ts'
import { upload } from './gs-upload.ts'
import { below, checkedKey } from './key.ts'
import { eachOf } from './many.ts'
import { type OpenAt, openResuming } from './resuming.ts'
import type { OpenedFile, Store, StoreModule, StoreOptions } from './store.ts'

/** Google's object store, by its JSON interface. */
export const gs: StoreModule = {
  scheme: 'gs',
  example: 'gs://bucket/folder',
  needs: { package: 'google-auth-library', version: '11' },
  open: async (address, options) => {
    const place = parseBucket(address, 'gs')
    const url = `gs://${[place.bucket, place.folder.replace(/\/$/, '')].filter(Boolean).join('/')}`
    return storeIn(await connectGs(url, place, options), url, place, options)
  },
}

interface Listing {
  readonly items?: readonly { readonly name: string; readonly size?: string }[]
  readonly nextPageToken?: string
}

function storeIn(
  client: GsClient,
  url: string,
  { bucket, folder }: ReturnType<typeof parseBucket>,
  options: Required<StoreOptions>,
): Store {
  const { nameOf, keyOf } = below(folder)
  const files = `/storage/v1/b/${bucket}/o`
  const pathOf = (key: string) => `${files}/${encodeURIComponent(nameOf(checkedKey(key, url)))}`

  const openAt = async (key: string, fromByte: number, version?: string, signal?: AbortSignal) => {
    const query = { alt: 'media', ...(version !== undefined && { ifGenerationMatch: version }) }
    const headers = fromByte > 0 ? { range: `bytes=${fromByte}-` } : {}
    const call: GsCall = { path: pathOf(key), query, headers, signal, absent: [404, 412] }
    const answer = await client.call(call)
    return answer === undefined ? undefined : openedFrom(answer, fromByte)
  }

  return {
    url,
    async *list({ prefix = '', signal } = {}) {
      let pageToken: string | undefined
      do {
        const fields = 'items(name,size),nextPageToken'
        const query = { prefix: nameOf(prefix), fields, ...(pageToken && { pageToken }) }
        const answer = await client.call({ path: files, query, signal })
        const page = (await answer?.json()) as Listing
        for (const { name, size } of page.items ?? [])
          if (!name.endsWith('/'))
            yield { key: keyOf(name), ...(size !== undefined && { bytes: Number(size) }) }
        pageToken = page.nextPageToken
      } while (pageToken !== undefined)
    },
    read(key, { fromByte = 0, signal } = {}) {
      const open: OpenAt = (at, version) => openAt(key, at, version, signal)
      return openResuming(open, fromByte, { name: `${url}/${key}`, ...options, signal })
    },
    write: async (key, bytes, request = {}) =>
      await upload(client, { bucket, name: nameOf(checkedKey(key, url)) }, bytes, request),
    has: (keys, { signal } = {}) =>
      eachOf(keys, async key => {
        const query = { fields: 'name' }
        const answer = await client.call({ path: pathOf(key), query, signal, absent: [404] })
        await answer?.body?.cancel()
        return answer !== undefined
      }),
    async remove(keys, { signal } = {}) {
      await eachOf(keys, async key => {
        const path = pathOf(key)
        const answer = await client.call({ path, method: 'DELETE', signal, absent: [404] })
        await answer?.body?.cancel()
      })
    },
  }
}

function openedFrom(answer: Response, fromByte: number): OpenedFile {
  // What was stored compressed comes decompressed: its length and its parts are not those stored.
  const isEncoded = answer.headers.get('content-encoding') !== null
  const length = answer.headers.get('content-length')
  return {
    bytes: isEncoded || length === null ? undefined : fromByte + Number(length),
    version: isEncoded ? undefined : (answer.headers.get('x-goog-generation') ?? undefined),
    body: answer.body ?? noBytes(),
  }
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}
