import { existsSync } from 'node:fs'
import { TaskqError } from 'taskq-runtime'
import { durationText, type ExitName, jsonLine, readEnvFile } from 'taskq-runtime/cli'
import { table } from '../cli/text.ts'
import type { ClusterState, Gke } from '../gke/gke.ts'
import { isExpired, isOurs } from '../gke/labels.ts'
import { removeCluster } from '../gke/remove.ts'
import { dollars, perMonth } from '../money.ts'
import { IDLE_PER_HOUR } from './aftermath.ts'
import { agreed } from './consent.ts'
import type { Flags } from './flags.ts'
import { within } from './project.ts'
import { tellerOf } from './teller.ts'
import type { World } from './world.ts'

/** `taskq-deploy sweep`: every cluster of ours in the project; with --delete those that are forgotten go. */
export async function sweepCommand(world: World, flags: Flags): Promise<ExitName> {
  const project = projectOf(world, flags)
  const { out, clock } = world.shell
  const gke = await world.connectGke(project, '-')
  let ours: readonly ClusterState[]
  try {
    ours = (await gke.clusters()).filter(isOurs)
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
  if (expired.length === 0) return 'done'
  if (!flags.delete) {
    await world.shell.err.line(
      `${expired.length} of them are forgotten. To delete those: taskq-deploy sweep --delete`,
    )
    return 'done'
  }
  return await deleteExpired(world, flags, project, expired)
}

async function deleteExpired(
  world: World,
  flags: Flags,
  project: string,
  expired: readonly ClusterState[],
): Promise<ExitName> {
  const { clock, signal, err, out } = world.shell
  const names = expired.map(({ name, location }) => `${name} in ${location}`).join(', ')
  if (flags.dryRun) {
    await out.line(`Would be deleted: ${names}`)
    return 'done'
  }
  if (!(await agreed(world, flags, `Delete ${names}?`))) {
    await err.line('Nothing was done.')
    return 'partly'
  }
  const tell = tellerOf(world.shell)
  for (const { name, location } of expired) {
    const gke: Gke = await world.connectGke(project, location)
    try {
      await removeCluster(gke, name, { clock, signal, tell })
    } finally {
      await tell.end()
      await gke.close()
    }
  }
  return 'done'
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
