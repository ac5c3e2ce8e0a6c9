import { TaskqError } from 'taskq-runtime'
import { durationText } from 'taskq-runtime/cli'
import type { Around } from '../gke/wait.ts'
import { apply, type Change, dryRun, inOrder } from '../kube/apply.ts'
import {
  deploymentsOf,
  endOf,
  type FleetPlace,
  jobsOf,
  livePods,
  remove,
  setWorkers,
  suspend,
} from '../kube/fleet.ts'
import { identityOf } from '../kube/paths.ts'
import { patient } from '../kube/patient.ts'
import { removeStale } from '../kube/stale.ts'
import type { Manifest } from '../manifest/manifest.ts'

/** What the server says that applying would do; nothing is changed. */
export async function previewFleet(
  { kube }: FleetPlace,
  manifest: Manifest,
  around: Around,
): Promise<void> {
  const { signal, tell } = around
  const asked = patient(kube, around)
  for (const object of inOrder(manifest)) {
    const change = await dryRun(asked, object, signal)
    if (change !== undefined) await tellChange(change, tell)
    else {
      const { kind, name } = identityOf(object)
      await tell.line(`${kind} ${name}: new, in a namespace that is not there yet`)
    }
  }
}

/**
 * Puts a fleet's objects into the cluster: the namespace first, then everything once as a dry run,
 * and only when all of it would be taken, for good. The fleet of an earlier configuration is drained
 * and removed.
 */
export async function applyFleet(
  opened: FleetPlace,
  manifest: Manifest,
  around: Around,
): Promise<void> {
  const kube = patient(opened.kube, around)
  const place = { ...opened, kube }
  const { signal, tell } = around
  const all = inOrder(manifest)
  // A dry run in a namespace that does not exist is refused: it must be there before.
  for (const object of all.filter(({ kind }) => kind === 'Namespace')) {
    await dryRun(kube, object, signal)
    await tellChange(await apply(kube, object, signal), tell)
  }
  const rest = all.filter(({ kind }) => kind !== 'Namespace')
  await removeEnded(place, manifest, around)
  for (const object of rest) {
    const change = await dryRun(kube, object, signal)
    if (change?.what === 'changed') await tellChange(change, tell)
  }
  const old = await drainOthers(place, manifest, around)
  for (const object of rest) {
    const { object: name, what, warnings } = await apply(kube, object, signal)
    for (const warning of warnings) await tell.line(`${name}: the cluster warns: ${warning}`)
    if (what === 'created') await tell.line(`${name}: created`)
  }
  for (const name of old) await tell.line(`${name}, of an earlier configuration: removed`)
  await removeStale(place, manifest, signal)
}

/** Drains and removes Jobs and Deployments and waits until none of their pods is left; answers their names. */
export async function drain(
  place: FleetPlace,
  isMeant: (kind: 'Job' | 'Deployment', name: string) => boolean,
  around: Around,
): Promise<readonly string[]> {
  const { signal, tell } = around
  const jobs = (await jobsOf(place, signal)).filter(job => isMeant('Job', job.metadata.name))
  const services = (await deploymentsOf(place, signal)).filter(each =>
    isMeant('Deployment', each.metadata.name),
  )
  for (const job of jobs) {
    if (endOf(job) !== undefined || job.spec.suspend) continue
    await tell.line(`Job ${job.metadata.name}: its workers hand back what they hold and leave`)
    await suspend(place, job.metadata.name, true, signal)
  }
  for (const { metadata } of services)
    await setWorkers(place, 'Deployment', metadata.name, 0, signal)
  const names = new Set(jobs.map(({ metadata }) => metadata.name))
  await waitForPods(place, pod => names.has(pod) || services.length > 0, around)
  for (const { metadata } of jobs) await remove(place, 'Job', metadata.name, signal)
  for (const { metadata } of services) await remove(place, 'Deployment', metadata.name, signal)
  await waitForPods(place, pod => names.has(pod) || services.length > 0, around)
  return [
    ...jobs.map(({ metadata }) => `Job ${metadata.name}`),
    ...services.map(({ metadata }) => `Deployment ${metadata.name}`),
  ]
}

/** A pod's grace may be long; after so much longer something is stuck. */
const LONGEST_DRAIN_SECONDS = 600

/** Waits until none of these pods holds a machine any more; throws when that takes too long. */
export async function waitForPods(
  place: FleetPlace,
  isMeant: (job: string) => boolean,
  { clock, signal, tell }: Around,
): Promise<void> {
  const began = clock.monotonic()
  for (;;) {
    const pods = (await livePods(place, signal)).filter(({ metadata }) =>
      isMeant(metadata.labels['batch.kubernetes.io/job-name'] ?? ''),
    )
    if (pods.length === 0) return
    const seconds = (clock.monotonic() - began) / 1000
    if (seconds > LONGEST_DRAIN_SECONDS) {
      throw new TaskqError(
        'unavailable',
        `${pods.length} pods are still there after ${durationText(seconds)}, the first is ${pods[0]?.metadata.name}. Run the same command again, or delete-cluster, which ends them all.`,
      )
    }
    await tell.waiting(`Waiting for ${pods.length} pods to leave: ${durationText(seconds)}`)
    await clock.sleep(1_000, signal)
  }
}

/** The same Job that has ended would be taken as it is, and nothing would run: it must go first. */
async function removeEnded(place: FleetPlace, manifest: Manifest, around: Around): Promise<void> {
  const jobs = await jobsOf(place, around.signal)
  const same = jobs.find(({ metadata }) => metadata.name === manifest.name)
  if (same === undefined || endOf(same) === undefined) return
  await around.tell.line(`Job ${manifest.name} has ended before: it is started anew.`)
  await remove(place, 'Job', manifest.name, around.signal)
  const began = around.clock.monotonic()
  for (;;) {
    const left = await jobsOf(place, around.signal)
    if (!left.some(({ metadata }) => metadata.uid === same.metadata.uid)) return
    const seconds = (around.clock.monotonic() - began) / 1000
    if (seconds > LONGEST_DRAIN_SECONDS) {
      throw new TaskqError(
        'unavailable',
        `The Job ${manifest.name} is still being deleted after ${durationText(seconds)}. Run the same command again, or delete-cluster, which ends it.`,
      )
    }
    await around.tell.waiting(`Waiting for the ended Job to go: ${durationText(seconds)}`)
    await around.clock.sleep(1_000, around.signal)
  }
}

function drainOthers(place: FleetPlace, { kind, name }: Manifest, around: Around) {
  return drain(place, (otherKind, other) => otherKind !== kind || other !== name, around)
}

async function tellChange({ object, what, fields, warnings }: Change, tell: Around['tell']) {
  const words = { created: 'new', changed: 'changes', same: 'as it is' }[what]
  await tell.line(`${object}: ${words}`)
  for (const field of fields) await tell.line(`  ${field}`)
  for (const warning of warnings) await tell.line(`  the cluster warns: ${warning}`)
}
