import { TaskqError } from 'taskq-runtime'
import { durationText } from 'taskq-runtime/cli'
import type { Around } from '../gke/wait.ts'
import { LABELS, MANAGER } from '../manifest/names.ts'
import { bodyIfThere, objectOf } from './api.ts'
import { type FleetPlace, livePods, remove } from './fleet.ts'
import { pathOf } from './paths.ts'

/**
 * Deletes the fleet's namespace, if it carries our label, and waits until it is gone. No Job may be
 * left in it: with a live one it would hang, while its conditions say that everything is removed.
 */
export async function removeNamespace(place: FleetPlace, around: Around): Promise<void> {
  const { clock, signal, tell } = around
  const labels = await labelsOf(place, signal)
  if (labels === undefined) return
  if (labels[LABELS.managedBy] !== MANAGER) {
    await tell.line(`The namespace ${place.namespace} lacks our label and is left alone.`)
    return
  }
  await remove(place, 'Namespace', place.namespace, signal)
  const began = clock.monotonic()
  while ((await labelsOf(place, signal)) !== undefined) {
    const seconds = (clock.monotonic() - began) / 1000
    if (seconds > LONGEST_SECONDS) {
      const pods = await livePods(place, signal)
      throw new TaskqError(
        'unavailable',
        `The namespace ${place.namespace} is still being deleted after ${durationText(seconds)}; ${pods.length} pods are in it.`,
      )
    }
    await tell.waiting(`Deleting the namespace ${place.namespace}: ${durationText(seconds)}`)
    await clock.sleep(1_000, signal)
  }
}

const LONGEST_SECONDS = 300

async function labelsOf({ kube, namespace }: FleetPlace, signal: AbortSignal) {
  const path = pathOf('Namespace', namespace, namespace)
  const answer = await kube.send({ method: 'GET', path, signal })
  const body = bodyIfThere(answer, `The namespace ${namespace} could not be looked up`)
  return body === undefined ? undefined : objectOf(objectOf(objectOf(body)['metadata'])['labels'])
}
