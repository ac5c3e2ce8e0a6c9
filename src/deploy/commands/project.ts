import { isAbsolute, join } from 'node:path'
import { crossCheck } from '../config/check.ts'
import { measureQueue, type QueueMeasure } from '../config/measure.ts'
import { type Configuration, readConfiguration } from '../config/read.ts'
import { planFleet } from '../fleet-plan.ts'
import type { FleetRequest, Plan, Work } from '../plan.ts'
import { type Flags, numberOf } from './flags.ts'
import type { World } from './world.ts'

/** A project's configuration, checked, with the plan that follows from it. */
export interface Project {
  readonly configuration: Configuration
  readonly warnings: readonly string[]
  readonly plan: Plan
  readonly request: FleetRequest
}

/** Reads both env files: the one way in which every command comes by them. */
export function configurationOf({ folder }: World, flags: Flags): Configuration {
  return readConfiguration(within(folder, flags.envFile), within(folder, flags.clusterEnv))
}

/** Reads and checks the project, and plans its fleet from the times of tasks where they are known. */
export async function readProject(world: World, flags: Flags): Promise<Project> {
  const configuration = configurationOf(world, flags)
  crossCheck(configuration)
  const own = configuration.task.values.get('TASKQUEUE_PATH') ?? ''
  const { signal } = world.shell
  const waiting = await measureQueue(own, signal)
  const trial = flags.measure === undefined ? waiting : await measureQueue(flags.measure, signal)
  const work = workOf(flags, waiting, trial)
  const price = numberOf(flags, 'price', '--price')
  const { plan, request } = planFleet(configuration, work, price)
  const unknown = trial.unknown ?? waiting.unknown
  const warnings = [
    ...crossCheck(configuration, trial.measured),
    ...(work === undefined && unknown !== undefined
      ? [`The queue could not be looked at from here: ${unknown}`]
      : []),
  ]
  return { configuration, warnings, plan, request }
}

/** A path of the project, from wherever the command was started. */
export function within(folder: string, path: string): string {
  // As it was typed, where that leads to the same: complaints name the path.
  return isAbsolute(path) || folder === process.cwd() ? path : join(folder, path)
}

function workOf(flags: Flags, waiting: QueueMeasure, trial: QueueMeasure): Work | undefined {
  const tasks = numberOf(flags, 'tasks', '--tasks') ?? waiting.waiting ?? trial.waiting
  const secondsEach = numberOf(flags, 'seconds', '--seconds') ?? trial.measured?.mean
  if (tasks === undefined || tasks === 0 || secondsEach === undefined) return undefined
  return { tasks, secondsEach }
}
