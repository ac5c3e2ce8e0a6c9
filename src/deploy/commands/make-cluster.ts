import { TaskqError } from 'taskq-runtime'
import type { ExitName } from 'taskq-runtime/cli'
import { dearerThan } from '../cli/plan-text.ts'
import { atMost } from '../fleet-plan.ts'
import { makeCluster } from '../gke/make.ts'
import { wantedCluster } from '../gke/wanted.ts'
import { tellWhatIsThere } from './aftermath.ts'
import { withGke } from './clusters.ts'
import { agreed } from './consent.ts'
import { type Flags, numberOf } from './flags.ts'
import { tellPlan } from './plan-project.ts'
import { type Project, readProject } from './project.ts'
import { lookAtQuota } from './quota-look.ts'
import { tellerOf } from './teller.ts'
import type { World } from './world.ts'

/** `taskq-deploy make-cluster`: the plan, a question, then the cluster as it should be. */
export async function makeClusterCommand(world: World, flags: Flags): Promise<ExitName> {
  const project = await readProject(world, flags)
  const allowed = await allowedByPlan(world, flags, project, 'Make this cluster?')
  if (allowed !== 'yes') return allowed
  await makeProjectCluster(world, flags, project)
  return 'done'
}

/** Shows the plan and asks; anything but `yes` is how the command ends. */
export async function allowedByPlan(
  world: World,
  flags: Flags,
  project: Project,
  question: string,
): Promise<'yes' | ExitName> {
  const quota = await lookAtQuota(world, project)
  if (quota.kind === 'none') throw new TaskqError('invalid', quota.says)
  await tellPlan(world, flags, project, quota)
  const dear = dearerThan(
    atMost(project.plan, project.configuration),
    numberOf(flags, 'maxPrice', '--max-price'),
  )
  if (dear !== undefined) {
    await world.shell.err.line(dear)
    return 'partly'
  }
  if (flags.dryRun) return 'done'
  if (await agreed(world, flags, question)) return 'yes'
  await world.shell.err.line('Nothing was done.')
  return 'partly'
}

/** Makes the project's cluster; whatever goes wrong, it says what is there then and what that costs. */
export async function makeProjectCluster(
  world: World,
  flags: Flags,
  { configuration, plan }: Project,
): Promise<void> {
  const { clock, signal } = world.shell
  const tell = tellerOf(world.shell)
  const wanted = wantedCluster(configuration, plan.fit.machine.name, world.owner, clock.now())
  try {
    await withGke(world, configuration, async gke => {
      try {
        await makeCluster(gke, wanted, { clock, signal, tell })
      } catch (error) {
        await tell.end()
        await tellWhatIsThere(world, flags, configuration)
        throw error
      }
    })
  } finally {
    await tell.end()
  }
}
