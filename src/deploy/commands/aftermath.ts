import type { Configuration } from '../config/read.ts'
import { isOurs } from '../gke/labels.ts'
import { locationOf } from '../gke/wanted.ts'
import { CLUSTER_FEE, SYSTEM_MACHINE } from '../machines.ts'
import { dollars, perMonth } from '../money.ts'
import type { Flags } from './flags.ts'
import type { World } from './world.ts'
import { say } from './wrap.ts'

/** What a cluster costs an hour with no worker in it. */
export const IDLE_PER_HOUR = CLUSTER_FEE + SYSTEM_MACHINE.onDemand

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
  const removal = `taskq-deploy delete-cluster -e ${flags.envFile} -c ${flags.clusterEnv}`
  const lines = await look(world, configuration).catch(() => [
    `Whether the cluster ${name} in ${project} is there now could not be found out. While it is, it costs at least ${dollars(IDLE_PER_HOUR)} an hour.`,
  ])
  // After Ctrl-C the cursor stands behind the ^C that the terminal wrote.
  if (err.isTerminal && world.shell.signal.aborted) await err.line()
  for (const line of lines) await say(err, line)
  if (lines.at(-1)?.startsWith('Nothing') !== true) await err.line(`To remove it: ${removal}`)
}

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
    const machines = cluster === undefined ? 0 : Math.max(0, cluster.nodes - 1)
    const busy = machines > 0 ? `, and ${machines} machines for workers more` : ''
    return [
      `The cluster ${name} in ${location} is there (${cluster?.status ?? 'being made'}). It costs ${dollars(IDLE_PER_HOUR)} an hour, ${perMonth(IDLE_PER_HOUR)}, without workers${busy}.`,
    ]
  } finally {
    await gke.close()
  }
}
