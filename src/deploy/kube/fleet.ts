import { TaskqError } from 'taskq-runtime'
import type { z } from 'zod'
import { selectorOf } from '../manifest/names.ts'
import { bodyIfThere, goodBody, type KubeApi, kubeError } from './api.ts'
import { SCALE_MANAGER } from './apply.ts'
import {
  type Deployment,
  deploymentShape,
  type Job,
  jobShape,
  listShape,
  type Pod,
  podShape,
} from './objects.ts'
import { type Kind, pathOf } from './paths.ts'

/** Where a fleet is and what it is called. */
export interface FleetPlace {
  readonly kube: KubeApi
  readonly namespace: string
  readonly task: string
}

/** The objects of one kind that carry the fleet's labels; none where the namespace is not there. */
async function listOf<Shape extends z.ZodType>(
  { kube, namespace, task }: FleetPlace,
  kind: Kind,
  shape: Shape,
  signal: AbortSignal,
): Promise<readonly z.infer<Shape>[]> {
  const query = { labelSelector: selectorOf(task) }
  const answer = await kube.send({ method: 'GET', path: pathOf(kind, namespace), query, signal })
  const body = bodyIfThere(answer, `The ${kind}s of ${namespace} could not be listed`)
  if (body === undefined) return []
  return listShape.parse(body).items.map(item => shape.parse(item))
}

/** Every Job of the fleet, that of an earlier configuration included. */
export function jobsOf(place: FleetPlace, signal: AbortSignal): Promise<readonly Job[]> {
  return listOf(place, 'Job', jobShape, signal)
}

/** Every Deployment of the fleet. */
export function deploymentsOf(
  place: FleetPlace,
  signal: AbortSignal,
): Promise<readonly Deployment[]> {
  return listOf(place, 'Deployment', deploymentShape, signal)
}

/** Every pod of the fleet that still holds, or may come to hold, a machine. */
export async function livePods(place: FleetPlace, signal: AbortSignal): Promise<readonly Pod[]> {
  const pods = await listOf(place, 'Pod', podShape, signal)
  return pods.filter(({ status }) => status.phase !== 'Succeeded' && status.phase !== 'Failed')
}

/** How a Job came to its end; `undefined` while it has not. */
export function endOf({
  status,
}: Job): { readonly failed: boolean; readonly why: string } | undefined {
  // SuccessCriteriaMet and FailureTarget come before the end: pods may still run then.
  const end = status.conditions.find(
    ({ type, status: holds }) => holds === 'True' && (type === 'Complete' || type === 'Failed'),
  )
  return end && { failed: end.type === 'Failed', why: `${end.reason}: ${end.message}` }
}

/** Changes the number of workers. Both numbers of a Job go together, as the server demands. */
export async function setWorkers(
  place: FleetPlace,
  kind: 'Job' | 'Deployment',
  name: string,
  workers: number,
  signal: AbortSignal,
): Promise<void> {
  const spec =
    kind === 'Job' ? { parallelism: workers, completions: workers } : { replicas: workers }
  await change(place, kind, name, { spec }, signal)
}

/** Frees the pods of a Job, or lets them come back. */
export async function suspend(
  place: FleetPlace,
  name: string,
  suspended: boolean,
  signal: AbortSignal,
): Promise<void> {
  await change(place, 'Job', name, { spec: { suspend: suspended } }, signal)
}

/** Deletes a Job or Deployment together with its pods. `false`: it was not there. */
export async function remove(
  { kube, namespace }: FleetPlace,
  kind: Kind,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  // The policy goes into the query and there is no body: with an empty body, or with none of both,
  // the pods of a Job stay and are billed.
  const answer = await kube.send({
    method: 'DELETE',
    path: pathOf(kind, namespace, name),
    query: { propagationPolicy: 'Background' },
    signal,
  })
  if (answer.status === 404) return false
  goodBody(answer, `${kind} ${name} could not be deleted`)
  return true
}

async function change(
  { kube, namespace }: FleetPlace,
  kind: Kind,
  name: string,
  body: { readonly spec: Readonly<Record<string, number | boolean>> },
  signal: AbortSignal,
): Promise<void> {
  const answer = await kube.send({
    method: 'PATCH',
    path: pathOf(kind, namespace, name),
    query: { fieldManager: SCALE_MANAGER, fieldValidation: 'Strict' },
    contentType: 'application/merge-patch+json',
    body,
    signal,
  })
  if (answer.status === 404) {
    throw new TaskqError(
      'invalid',
      `There is no ${kind} ${name} any more. Start one by apply-task.`,
    )
  }
  if (answer.status >= 300) throw kubeError(answer, `${kind} ${name} could not be changed`)
}
