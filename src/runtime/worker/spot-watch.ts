import { awaitSpotNotice } from './spot-notice.ts'
import { simulateSpot } from './spot-simulation.ts'
import type { SpotNotice } from './spot-source.ts'
import type { WorkOptions } from './work-options.ts'

/** Resolves when this machine is to be taken away, in truth or in play; `undefined` when it is not. */
export function spotNoticeFor(
  { simulateSpot: simulation, settings }: WorkOptions,
  signal: AbortSignal,
): Promise<SpotNotice | undefined> {
  const { spotNotices: source, spotEndpoint: endpoint } = settings
  return simulation === undefined
    ? awaitSpotNotice({ source, endpoint, signal })
    : simulateSpot(simulation, signal)
}
