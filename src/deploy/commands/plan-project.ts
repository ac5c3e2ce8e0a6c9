import type { ExitName } from 'taskq-runtime/cli'
import { dearerThan, planText } from '../cli/plan-text.ts'
import { json } from '../cli/text.ts'
import { atMost } from '../fleet-plan.ts'
import { PRICE_LIST } from '../machines.ts'
import { type Flags, numberOf } from './flags.ts'
import { type Project, readProject } from './project.ts'
import { lookAtQuota, type QuotaLook } from './quota-look.ts'
import { manifestOf } from './scripts.ts'
import type { World } from './world.ts'
import { say } from './wrap.ts'

/** `taskq-deploy plan -e -c`: what the project's fleet would be and cost. Touches nothing. */
export async function planProject(world: World, flags: Flags): Promise<ExitName> {
  const project = await readProject(world, flags)
  const { out } = world.shell
  const { settings } = project.configuration
  if (settings.TASK_MODE === 'job' && flags.json === undefined)
    manifestOf(world.folder, project.configuration)
  const dear = dearerThan(
    atMost(project.plan, project.configuration),
    numberOf(flags, 'maxPrice', '--max-price'),
  )
  if (flags.json) {
    await out.write(
      json({
        priceList: PRICE_LIST,
        withinMaxPrice: dear === undefined,
        ...project.plan,
        warnings: [...project.warnings, ...wordsOf(await lookAtQuota(world, project))],
      }),
    )
  } else {
    await tellPlan(world, flags, project, await lookAtQuota(world, project))
  }
  if (dear === undefined) return 'done'
  await world.shell.err.line(dear)
  return 'partly'
}

/** Shows a plan with what will be created, what is unwise, and what it costs. */
export async function tellPlan(
  world: World,
  flags: Flags,
  project: Project,
  quota: QuotaLook,
): Promise<void> {
  const { err } = world.shell
  // Where standard output is for a machine, people read the other one.
  const out = flags.json ? err : world.shell.out
  const isOwnPrice = numberOf(flags, 'price', '--price') !== undefined
  await out.line(willBe(project))
  await out.write(planText(project.plan, project.request, isOwnPrice))
  for (const warning of [...project.warnings, ...wordsOf(quota)]) await say(err, `Mind: ${warning}`)
}

function wordsOf(quota: QuotaLook): readonly string[] {
  return quota.kind === 'enough' ? [] : [quota.says]
}

function willBe({ configuration, plan }: Project): string {
  const { settings } = configuration
  const where = `project ${settings.GOOGLE_PROJECT_NAME}`
  if (settings.CLUSTER_MODE === 'autopilot') {
    return `The cluster ${settings.GOOGLE_CLUSTER_NAME} of Autopilot in ${settings.GOOGLE_SUBNETWORK_REGION}, ${where}.\nAutopilot bills what pods request; the prices below are those of machines that would hold them.\n`
  }
  if (settings.COMPUTE_CLASS !== '') {
    return `The cluster ${settings.GOOGLE_CLUSTER_NAME} in ${settings.GOOGLE_ZONE}, ${where},\nwhose machines the compute class ${settings.COMPUTE_CLASS} chooses; the prices below are those of ${plan.fit.machine.name}.\n`
  }
  const kind = { spot: 'Spot ', 'on-demand': '', 'spot-then-on-demand': 'Spot, else on-demand, ' }[
    settings.NODE_PROVISIONING
  ]
  const most = settings.NUMBER_NODES
  const machines = `${most} ${kind}${most === 1 ? 'machine' : 'machines'} of ${plan.fit.machine.name}`
  return `The cluster ${settings.GOOGLE_CLUSTER_NAME} in ${settings.GOOGLE_ZONE}, ${where},\nwith at most ${machines}.\n`
}
