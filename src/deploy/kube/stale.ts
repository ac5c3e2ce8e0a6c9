import { z } from 'zod'
import type { Manifest } from '../manifest/manifest.ts'
import { selectorOf } from '../manifest/names.ts'
import { bodyIfThere } from './api.ts'
import { type FleetPlace, remove } from './fleet.ts'
import { listShape } from './objects.ts'
import { identityOf, pathOf } from './paths.ts'

const named = z.looseObject({ metadata: z.looseObject({ name: z.string() }) })

/** Removes ConfigMaps and Secrets of earlier configurations: their names carry hashes and pile up. */
export async function removeStale(
  place: FleetPlace,
  { objects, secret }: Manifest,
  signal: AbortSignal,
): Promise<void> {
  const kept = new Set([...objects, ...(secret ? [secret] : [])].map(each => identityOf(each).name))
  for (const kind of ['ConfigMap', 'Secret'] as const) {
    const answer = await place.kube.send({
      method: 'GET',
      path: pathOf(kind, place.namespace),
      query: { labelSelector: selectorOf(place.task) },
      signal,
    })
    const list = listShape.parse(bodyIfThere(answer, `The ${kind}s could not be listed`))
    for (const item of list.items) {
      const { name } = named.parse(item).metadata
      if (!kept.has(name)) await remove(place, kind, name, signal)
    }
  }
}
