import type { ExitName } from 'taskq-runtime/cli'
import { largerLimit } from '../fleet-plan.ts'
import { renewDay } from '../gke/renew.ts'
import { labelsOf } from '../gke/wanted.ts'
import { checkImage } from '../image/check.ts'
import { isGoogles, parseImage } from '../image/reference.ts'
import { type FleetPlace, jobsOf } from '../kube/fleet.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { formatBytes, formatCpu } from '../quantity.ts'
import { pricesOf } from '../watch/cost.ts'
import type { Advice } from '../watch/screen.ts'
import { IDLE_PER_HOUR, thenTell } from './aftermath.ts'
import { applyFleet, previewFleet } from './apply-fleet.ts'
import { type OpenFleet, withFleet, withGke } from './clusters.ts'
import { commandLine, type Flags, numberOf } from './flags.ts'
import { type Project, readProject } from './project.ts'
import { isFresh, manifestOf } from './scripts.ts'
import { tellerOf } from './teller.ts'
import { type WatchRequest, watchFleet } from './watch-fleet.ts'
import type { World } from './world.ts'
import { say } from './wrap.ts'

/** `taskq-deploy apply-task`: puts the fleet into its cluster and watches until its workers run. */
export async function applyTaskCommand(world: World, flags: Flags): Promise<ExitName> {
  const project = await readProject(world, flags)
  for (const warning of project.warnings) await say(world.shell.err, `Mind: ${warning}`)
  await checkProjectImage(world, flags, project)
  return await thenTell(world, flags, project.configuration, () =>
    applyProject(world, flags, project, 'running'),
  )
}

/** Applies the fleet of a project and watches it until it is as asked. */
export async function applyProject(
  world: World,
  flags: Flags,
  project: Project,
  until: WatchRequest['until'],
): Promise<ExitName> {
  const { err, clock, signal } = world.shell
  const manifest = manifestOf(world.folder, project.configuration)
  if (isFresh(world.folder, manifest) === false) {
    await say(
      err,
      'Mind: scripts/kube-task.yaml is not what templates/ gives now. What is applied comes from templates/; changes belong there. make-scripts writes it anew.',
    )
  }
  return await withFleet(world, flags, project.configuration, async fleet => {
    const tell = tellerOf(world.shell)
    const around = { clock, signal, tell }
    try {
      if (flags.dryRun) {
        await previewFleet(fleet.place, manifest, around)
        return 'done'
      }
      const { gke, cluster } = fleet
      if (gke !== undefined && cluster !== undefined)
        await renewDay(
          gke,
          cluster,
          labelsOf(project.configuration, world.owner, clock.now()),
          around,
        )
      await applyFleet(fleet.place, manifest, around)
    } finally {
      await tell.end()
    }
    if (await isPaused(fleet.place, manifest, signal)) {
      await err.line('The fleet is paused, and no worker runs. To go on: taskq-deploy resume')
      return 'partly'
    }
    const ended = await watchFleet(world, watchRequest(flags, project, fleet, manifest, until))
    if (ended === 'done' && until === 'running') {
      await err.line(`It runs. To go on watching: ${commandLine('watch', flags)}`)
    }
    return ended
  })
}

async function isPaused(place: FleetPlace, { name }: Manifest, signal: AbortSignal) {
  const jobs = await jobsOf(place, signal)
  return jobs.some(({ metadata, spec }) => metadata.name === name && spec.suspend)
}

/** What is watched of a project's fleet. */
export function watchRequest(
  flags: Flags,
  { configuration, plan }: Project,
  { place, cluster }: OpenFleet,
  manifest: Pick<Manifest, 'name' | 'kind' | 'replicas'> | undefined,
  until: WatchRequest['until'],
): WatchRequest {
  const { settings, task } = configuration
  return {
    place,
    name: manifest?.kind === 'Job' ? manifest.name : undefined,
    wanted: settings.TASK_REPLICAS,
    cluster,
    clusterName: cluster ? `${cluster.name} (${cluster.location})` : place.kube.server,
    queueUrl: task.values.get('TASKQUEUE_PATH') ?? '',
    advice: adviceOf(configuration, plan),
    prices:
      cluster === undefined || settings.COMPUTE_CLASS !== ''
        ? undefined
        : { ofMachine: ofMachine(settings, plan), idlePerHour: IDLE_PER_HOUR },
    until,
    json: flags.json ?? false,
    intervalSeconds: numberOf(flags, 'interval', '--interval'),
  }
}

/** Autopilot bills what pods request, whatever its machines are: theirs are those that were planned. */
function ofMachine({ CLUSTER_MODE, NODE_PROVISIONING }: Settings, { fit }: Project['plan']) {
  const byKind = pricesOf(fit.machine, NODE_PROVISIONING)
  return CLUSTER_MODE === 'autopilot' ? () => byKind(undefined) : byKind
}

type Settings = Project['configuration']['settings']

/** What the sizes of this fleet say to causes that have to do with size. */
function adviceOf(configuration: Project['configuration'], { fit }: Project['plan']): Advice {
  const { CPU_REQUEST, MEMORY_REQUEST, MEMORY_LIMIT } = configuration.settings
  const has = `${formatCpu(fit.usable.cpuMillis)} CPU and ${formatBytes(fit.usable.memoryMiB)} memory`
  const next = largerLimit(configuration)
  return {
    oom: `They have MEMORY_LIMIT=${MEMORY_LIMIT}; try MEMORY_REQUEST=${next} and MEMORY_LIMIT=${next}.`,
    'cannot-fit': `A worker asks for ${CPU_REQUEST} CPU and ${MEMORY_REQUEST} memory; ${fit.machine.name} has ${has} for workers.`,
  }
}

/** Refuses an image that is known not to be there or not to run on the machines; best before anything costs. */
export async function checkProjectImage(
  world: World,
  flags: Flags,
  { configuration }: Project,
): Promise<void> {
  const { err, signal } = world.shell
  const name = configuration.settings.TASK_DOCKER_IMAGE
  const access = (googleToken: () => Promise<string>) => ({
    fetch: world.fetch,
    googleToken,
    signal,
  })
  const needsGoogle = flags.kubeconfig === undefined && isGoogles(parseImage(name))
  const warning = needsGoogle
    ? await withGke(world, configuration, gke =>
        checkImage(
          name,
          access(() => gke.token()),
        ),
      )
    : await checkImage(
        name,
        access(async () => ''),
      )
  if (warning !== undefined) await say(err, `Mind: ${warning}`)
}
