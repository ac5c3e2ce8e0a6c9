import { runnerStarter, type StartRunner } from './start-runner.ts'
import { systemTimers, type Timers } from './timers.ts'

/** What a worker needs of the machine it is on. */
export interface Machine {
  readonly timers: Timers
  readonly runnerStarter: (
    ...how: Parameters<typeof runnerStarter>
  ) => StartRunner | Promise<StartRunner>
}

/** The one that this process is on. */
export const thisMachine: Machine = { timers: systemTimers, runnerStarter }
