import { setTimeout as sleep } from 'node:timers/promises'
import { isTaskqError } from 'taskq-runtime'
import { bodyIfThere, type KubeApi, objectOf, statusOf } from './api.ts'
import { listShape } from './objects.ts'

/** What is followed. */
export interface Followed {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Called with the objects by their uid at each change. */
  readonly changed: (objects: ReadonlyMap<string, unknown>) => void
  /** Called when the server does not answer; following goes on. */
  readonly troubled: (error: unknown) => void
}

/**
 * Keeps what a server has of a collection: a list, then its changes. When the changes were forgotten
 * by the server (410, which comes as an event of a good answer) it lists anew. Ends with the signal.
 */
export async function follow(
  kube: KubeApi,
  followed: Followed,
  signal: AbortSignal,
): Promise<void> {
  for (let round = 0; !signal.aborted; round += 1) {
    try {
      if (round > 0) await sleep(AGAIN_MILLISECONDS, undefined, { signal })
      await listAndWatch(kube, followed, signal)
    } catch (error) {
      if (signal.aborted) return
      followed.troubled(error)
      if (!isTaskqError(error, 'unavailable')) throw error
      await sleep(TROUBLE_MILLISECONDS, undefined, { signal }).catch(() => {})
    }
  }
}

/** The server ends a watch after so long, before our library takes its silence for death. */
const WATCH_SECONDS = 25
const TROUBLE_MILLISECONDS = 3_000
const AGAIN_MILLISECONDS = 500

async function listAndWatch(
  kube: KubeApi,
  { path, query, changed }: Followed,
  signal: AbortSignal,
): Promise<void> {
  const answer = await kube.send({ method: 'GET', path, query, signal })
  const body = bodyIfThere(answer, `${path} could not be listed`)
  const list = listShape.parse(body ?? { metadata: {}, items: [] })
  const objects = new Map(list.items.map(item => [uidOf(item), item]))
  let version = list.metadata.resourceVersion
  changed(objects)
  // From a version of the server's own the changes are complete; without end, until it forgets them.
  for (;;) {
    let heard = 0
    const watched = {
      ...query,
      resourceVersion: version,
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(WATCH_SECONDS),
    }
    for await (const { type, object } of kube.watch(path, watched, signal)) {
      if (type === 'ERROR') {
        if (objectOf(object)['code'] === 410) return
        throw new Error(`The watch of ${path} ended: ${statusOf(object).message}`)
      }
      heard += 1
      version = versionOf(object) || version
      if (type === 'BOOKMARK') continue
      if (type === 'DELETED') objects.delete(uidOf(object))
      else objects.set(uidOf(object), object)
      changed(objects)
    }
    // Asked from a version of the future a server is silent for ever; else it bookmarks before the end.
    if (heard === 0) return
  }
}

function uidOf(object: unknown): string {
  return String(objectOf(objectOf(object)['metadata'])['uid'])
}

function versionOf(object: unknown): string {
  const version = objectOf(objectOf(object)['metadata'])['resourceVersion']
  return typeof version === 'string' ? version : ''
}
