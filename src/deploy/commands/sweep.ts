import { existsSync } from 'node:fs'
import { isTaskqError, TaskqError } from 'taskq-runtime'
import { durationText, type ExitName, jsonLine, readEnvFile } from 'taskq-runtime/cli'
import { table } from '../cli/text.ts'
import type { ClusterState } from '../gke/gke.ts'
import { isExpired, isOurs } from '../gke/labels.ts'
import type { Leftover } from '../gke/leftovers.ts'
import type { Around, Teller } from '../gke/wait.ts'
import { dollars, perMonth } from '../money.ts'
import { IDLE_PER_HOUR } from './aftermath.ts'
import { agreed } from './consent.ts'
import type { Flags } from './flags.ts'
import { lookForOrphans, tellOrphans } from './orphans.ts'
import { within } from './project.ts'
import { removeAll } from './removal.ts'
import { tellerOf } from './teller.ts'
import type { World } from './world.ts'
import { say } from './wrap.ts'

/** `taskq-deploy sweep`: every cluster of ours in the project; with --delete those that are forgotten go. */
export async function sweepCommand(world: World, flags: Flags): Promise<ExitName> {
  const project = projectOf(world, flags)
  const { out, clock } = world.shell
  const gke = await world.connectGke(project, '-')
  let ours: readonly ClusterState[]
  let orphans: readonly Leftover[] | undefined
  try {
    ours = (await gke.clusters()).filter(isOurs)
    orphans = await lookForOrphans(world, gke)
  } finally {
    await gke.close()
  }
  const expired = ours.filter(({ labels }) => isExpired(labels, clock.now()))
  if (flags.json) {
    for (const cluster of ours)
      await out.line(jsonLine(forMachines(cluster, expired.includes(cluster))))
  } else if (ours.length === 0) {
    await out.line(`No cluster of taskq-deploy is in ${project}.`)
  } else {
    await out.line(table(rowsOf(ours, expired, clock.now())))
    await out.line(
      `${ours.length === 1 ? 'It costs' : 'Together they cost'} at least ${dollars(ours.length * IDLE_PER_HOUR)} an hour, ${perMonth(ours.length * IDLE_PER_HOUR)}.`,
    )
  }
  await tellOrphans(world, flags, orphans)
  // Whoever only lists is told; whoever cleans up is told that something that costs is left.
  const rest = flags.delete && orphans?.length !== 0 ? 'partly' : 'done'
  if (expired.length === 0) return rest
  if (!flags.delete) {
    await world.shell.err.line(
      `${expired.length === 1 ? '1 of them is' : `${expired.length} of them are`} forgotten. To delete: ${command(project)}`,
    )
    return rest
  }
  const ended = await deleteExpired(world, flags, project, expired)
  return ended === 'done' ? rest : ended
}

async function deleteExpired(
  world: World,
  flags: Flags,
  project: string,
  expired: readonly ClusterState[],
): Promise<ExitName> {
  const { clock, signal, err, out } = world.shell
  const names = listed(expired)
  if (flags.dryRun) {
    await out.line(`Would be deleted: ${names}`)
    return 'done'
  }
  if (!(await agreed(world, flags, `Delete ${names}?`))) {
    await err.line('Nothing was done.')
    return 'partly'
  }
  const tell = tellerOf(world.shell)
  const ended = await Promise.allSettled(
    expired.map(each =>
      sweepOne(world, flags, project, each, { clock, signal, tell: named(tell, each.name) }),
    ),
  )
  await tell.end()
  const failed = expired.filter((_, at) => ended[at]?.status === 'rejected')
  if (failed.length > 0) {
    await say(
      err,
      `Not deleted: ${listed(failed)}. Each costs at least ${dollars(IDLE_PER_HOUR)} an hour until it is. To go on: ${command(project)}`,
    )
  }
  signal.throwIfAborted()
  for (const each of ended)
    if (each.status === 'rejected' && !isTaskqError(each.reason)) throw each.reason
  return failed.length === 0 && ended.every(each => 'value' in each && each.value === 'done')
    ? 'done'
    : 'partly'
}

/** Why one could not be deleted is told, and is no reason to leave the others. */
async function sweepOne(
  world: World,
  flags: Flags,
  project: string,
  { name, location, labels }: ClusterState,
  around: Around,
): Promise<ExitName> {
  try {
    const gke = await world.connectGke(project, location)
    try {
      // Where standard output is for a machine, people read the other one.
      const out = flags.json ? world.shell.err : world.shell.out
      return await removeAll(world, gke, { name, task: labels['taskq-task'], out }, around)
    } finally {
      await gke.close()
    }
  } catch (error) {
    if (isTaskqError(error)) await around.tell.line(error.message)
    throw error
  }
}

/** Several are deleted at once: each line says which it is of. */
function named(tell: Teller, name: string): Teller {
  return {
    line: text => tell.line(`${name}: ${text}`),
    waiting: text => tell.waiting(`${name}: ${text}`),
  }
}

function listed(clusters: readonly ClusterState[]): string {
  return clusters.map(({ name, location }) => `${name} in ${location}`).join(', ')
}

function command(project: string): string {
  return `taskq-deploy sweep --delete --project ${project}`
}

function rowsOf(ours: readonly ClusterState[], expired: readonly ClusterState[], now: number) {
  const head = ['cluster', 'where', 'task', 'owner', 'age', 'until']
  const rows = ours.map(cluster => [
    cluster.name,
    cluster.location,
    cluster.labels['taskq-task'] ?? '',
    cluster.labels['taskq-owner'] ?? '',
    cluster.createdAt === undefined ? '' : ageText((now - cluster.createdAt) / 1000),
    `${cluster.labels['taskq-expires'] ?? ''}${expired.includes(cluster) ? ' FORGOTTEN' : ''}`,
  ])
  return [head, ...rows]
}

function ageText(seconds: number): string {
  return durationText(seconds).split(' ').slice(0, 2).join(' ')
}

function forMachines({ name, location, labels, createdAt }: ClusterState, isForgotten: boolean) {
  return {
    name,
    location,
    task: labels['taskq-task'],
    owner: labels['taskq-owner'],
    expires: labels['taskq-expires'],
    createdAt: createdAt === undefined ? undefined : new Date(createdAt).toISOString(),
    forgotten: isForgotten,
    perHour: IDLE_PER_HOUR,
  }
}

/** A sweep needs no more than a project: it is for fleets whose files are long gone. */
function projectOf({ folder }: World, { project, clusterEnv }: Flags): string {
  if (project !== undefined) return project
  const path = within(folder, clusterEnv)
  const named = existsSync(path) ? readEnvFile(path).values.get('GOOGLE_PROJECT_NAME') : undefined
  if (named) return named
  throw new TaskqError(
    'invalid',
    `No project is named. Name it by --project, or as GOOGLE_PROJECT_NAME in ${clusterEnv}.`,
  )
}
