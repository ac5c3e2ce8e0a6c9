import { TaskqError } from 'taskq-runtime'
import type { ExitName } from 'taskq-runtime/cli'
import { dearerThan } from '../cli/plan-text.ts'
import { counted } from '../cli/text.ts'
import type { Configuration } from '../config/read.ts'
import { atMost, planFleet } from '../fleet-plan.ts'
import type { Around } from '../gke/wait.ts'
import {
  deploymentsOf,
  endOf,
  type FleetPlace,
  jobsOf,
  setWorkers,
  suspend,
} from '../kube/fleet.ts'
import { patient } from '../kube/patient.ts'
import { dollars, perMonth } from '../money.ts'
import { price } from '../plan.ts'
import { IDLE_PER_HOUR, thenTell } from './aftermath.ts'
import { waitForPods } from './apply-fleet.ts'
import { withFleet } from './clusters.ts'
import { type Flags, numberOf } from './flags.ts'
import { configurationOf } from './project.ts'
import { tellerOf } from './teller.ts'
import { noFleet } from './watch-fleet.ts'
import type { World } from './world.ts'
import { say } from './wrap.ts'

/** `taskq-deploy scale N`: more or fewer workers, now. */
export async function scaleCommand(
  world: World,
  flags: Flags,
  word: string | undefined,
): Promise<ExitName> {
  if (word === undefined || !/^[1-9]\d{0,4}$/.test(word)) {
    throw new TaskqError(
      'invalid',
      `scale takes the number of workers, from 1 to 99999, not "${word ?? ''}".`,
    )
  }
  const workers = Number(word)
  const configuration = configurationOf(world, flags)
  const settings = { ...configuration.settings, TASK_REPLICAS: workers }
  const { plan } = planFleet({ ...configuration, settings })
  const dearest = atMost(plan, configuration)
  const dear = dearerThan(dearest, numberOf(flags, 'maxPrice', '--max-price'))
  const { out, err, signal } = world.shell
  if (dear !== undefined) {
    await err.line(dear)
    return 'partly'
  }
  const [least, most] = [dollars(price(plan)), dollars(price(dearest))]
  const perHour = least === most ? least : `${least} to ${most}`
  await out.line(
    `${counted(workers, 'worker')} on ${counted(plan.nodes, 'machine')} of ${plan.fit.machine.name}: ${perHour} an hour.`,
  )
  if (flags.dryRun) return 'done'
  return await withPatience(world, flags, configuration, async place => {
    const { kind, name, workers: before } = await liveFleet(place, signal)
    await setWorkers(place, kind, name, workers, signal)
    await out.line(`${kind} ${name}: ${before} -> ${workers} workers`)
    if (workers !== configuration.settings.TASK_REPLICAS) {
      await say(
        err,
        `Mind: ${flags.clusterEnv} still says TASK_REPLICAS=${configuration.settings.TASK_REPLICAS}, to which the next apply-task goes back.`,
      )
    }
    return 'done'
  })
}

/** `taskq-deploy pause`: all workers hand back what they hold and leave; the cluster stays. */
export async function pauseCommand(world: World, flags: Flags): Promise<ExitName> {
  const { out, signal } = world.shell
  const configuration = configurationOf(world, flags)
  const pause = async (place: FleetPlace, around: Around): Promise<ExitName> => {
    const { kind, name } = await liveFleet(place, signal)
    if (kind === 'Job') await suspend(place, name, true, signal)
    else await setWorkers(place, kind, name, 0, signal)
    await waitForPods(place, () => true, around)
    await out.line(
      `${kind} ${name} is paused: no worker is left, and their machines go within some ten minutes.`,
    )
    await out.line(
      `The cluster stays and costs ${dollars(IDLE_PER_HOUR)} an hour, ${perMonth(IDLE_PER_HOUR)}.`,
    )
    return 'done'
  }
  return await thenTell(world, flags, configuration, () =>
    withPatience(world, flags, configuration, pause),
  )
}

/** `taskq-deploy resume`: the workers come back. */
export async function resumeCommand(world: World, flags: Flags): Promise<ExitName> {
  const { out, signal } = world.shell
  const configuration = configurationOf(world, flags)
  const { TASK_REPLICAS } = configuration.settings
  return await withPatience(world, flags, configuration, async place => {
    const { kind, name } = await liveFleet(place, signal)
    if (kind === 'Job') await suspend(place, name, false, signal)
    else await setWorkers(place, kind, name, TASK_REPLICAS, signal)
    await out.line(`${kind} ${name}: its workers come back as machines are there for them.`)
    return 'done'
  })
}

/** Opens the fleet's place, whose server is asked again when it is out of order for a moment. */
async function withPatience(
  world: World,
  flags: Flags,
  configuration: Configuration,
  act: (place: FleetPlace, around: Around) => Promise<ExitName>,
): Promise<ExitName> {
  const { clock, signal } = world.shell
  return await withFleet(world, flags, configuration, async ({ place }) => {
    const tell = tellerOf(world.shell)
    const around = { clock, signal, tell }
    try {
      return await act({ ...place, kube: patient(place.kube, around) }, around)
    } finally {
      await tell.end()
    }
  })
}

/** The Job or Deployment that has not ended. */
async function liveFleet(place: FleetPlace, signal: AbortSignal) {
  const job = (await jobsOf(place, signal)).find(each => endOf(each) === undefined)
  if (job !== undefined) {
    return { kind: 'Job' as const, name: job.metadata.name, workers: job.spec.completions }
  }
  const service = (await deploymentsOf(place, signal))[0]
  if (service !== undefined) {
    const { metadata, spec } = service
    return { kind: 'Deployment' as const, name: metadata.name, workers: spec.replicas }
  }
  throw noFleet(place.task)
}
