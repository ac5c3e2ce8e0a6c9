import type { ExitName } from 'taskq-runtime/cli'
import { counted } from '../cli/text.ts'
import type { Configuration } from '../config/read.ts'
import type { ClusterState } from '../gke/gke.ts'
import { isOurs } from '../gke/labels.ts'
import { SYSTEM_POOL } from '../gke/requests.ts'
import { locationOf } from '../gke/wanted.ts'
import { CLUSTER_FEE, findMachine, SYSTEM_MACHINE } from '../machines.ts'
import { dollars, perMonth } from '../money.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { commandLine, type Flags } from './flags.ts'
import type { World } from './world.ts'
import { say } from './wrap.ts'

/** What a cluster costs an hour with no worker in it. */
export const IDLE_PER_HOUR = CLUSTER_FEE + SYSTEM_MACHINE.onDemand

/** What a cluster costs now, with the machines that it has for workers, and without them. */
function clusterCost(cluster: ClusterState | undefined): string {
  const idle = `${dollars(IDLE_PER_HOUR)} an hour, ${perMonth(IDLE_PER_HOUR)}, without workers`
  const machines = cluster === undefined ? 0 : Math.max(0, cluster.nodes - 1)
  if (machines === 0) return `It costs ${idle}.`
  const has = counted(machines, 'machine')
  const each = pricesInPools(cluster?.pools ?? [])
  const [least] = each
  if (least === undefined) return `It costs ${idle}, and ${has} for workers more.`
  // In which pool they are is not known here.
  const about = each.length === 1 ? '' : 'at least '
  return `With ${has} for workers it costs ${about}${dollars(IDLE_PER_HOUR + machines * least)} an hour now, and ${idle}.`
}

/** What machines for workers cost an hour, each price once, the lowest first; none where one is not known. */
function pricesInPools(pools: ClusterState['pools']): readonly number[] {
  const prices = pools
    .filter(({ name }) => name !== SYSTEM_POOL)
    .map(({ machine, spot }) => findMachine(machine)?.[spot ? 'spot' : 'onDemand'])
  if (prices.includes(undefined)) return []
  const known = prices.flatMap(price => price ?? [])
  return [...new Set(known)].toSorted((one, other) => one - other)
}

/** Does something, and unless all came out well says what is there and what that costs. */
export async function thenTell(
  world: World,
  flags: Flags,
  configuration: Configuration,
  act: () => Promise<ExitName>,
): Promise<ExitName> {
  let ended: ExitName | undefined
  try {
    ended = await act()
    return ended
  } finally {
    if (ended !== 'done') await tellWhatIsThere(world, flags, configuration)
  }
}

/**
 * Says what is there and what it costs, with the command that removes it: after whatever went wrong,
 * also after Ctrl-C. What cannot be found out is said too.
 */
export async function tellWhatIsThere(
  world: World,
  flags: Flags,
  configuration: Configuration,
): Promise<void> {
  const { err } = world.shell
  const { GOOGLE_CLUSTER_NAME: name, GOOGLE_PROJECT_NAME: project } = configuration.settings
  const removal = commandLine('delete-cluster', flags)
  if (world.shell.signal.aborted) {
    // After Ctrl-C the cursor stands behind the ^C that the terminal wrote.
    if (err.isTerminal) await err.line()
    await err.line('Interrupted. Looking what is there now.')
  }
  if (flags.kubeconfig !== undefined) {
    await err.line(`Whatever runs on the cluster of ${flags.kubeconfig} goes on running.`)
    await err.line(`To remove it: ${removal}`)
    return
  }
  const patience = AbortSignal.timeout(LONGEST_LOOK_MILLISECONDS)
  const lines = await unlessAborted(look(world, configuration), patience).catch(() => [
    `Whether the cluster ${name} in ${project} is there now could not be found out. While it is, it costs at least ${dollars(IDLE_PER_HOUR)} an hour.`,
  ])
  for (const line of lines) await say(err, line)
  if (lines.at(-1)?.startsWith('Nothing') !== true) await err.line(`To remove it: ${removal}`)
}

/** Whoever pressed Ctrl-C does not wait longer, and presses it again before anything is said. */
const LONGEST_LOOK_MILLISECONDS = 5_000

async function look(world: World, configuration: Configuration): Promise<readonly string[]> {
  const { GOOGLE_CLUSTER_NAME: name, GOOGLE_PROJECT_NAME: project } = configuration.settings
  const location = locationOf(configuration)
  const gke = await world.connectGke(project, location)
  try {
    const cluster = await gke.cluster(name)
    if (cluster === undefined || !isOurs(cluster)) {
      const running = (await gke.operations()).filter(({ target }) => target.endsWith(`/${name}`))
      if (running.length === 0 || cluster !== undefined)
        return ['Nothing of this fleet is there, and nothing is billed.']
    }
    const leaving =
      configuration.settings.TASK_MODE === 'service'
        ? 'Its workers never leave by themselves'
        : 'Its workers leave when nothing is left to lease'
    return [
      `The cluster ${name} in ${location} is there (${cluster?.status ?? 'being made'}). ${clusterCost(cluster)} ${leaving}; the cluster stays until it is deleted.`,
    ]
  } finally {
    await gke.close()
  }
}
