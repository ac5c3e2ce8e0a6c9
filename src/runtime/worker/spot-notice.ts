import { awaitAws, isAws } from './spot-aws.ts'
import { awaitGcp, isGcp } from './spot-gcp.ts'
import { pause, type SpotNotice, type SpotWatchOptions } from './spot-source.ts'

/** Finding out comes after the first tasks have begun: no start waits for it. */
const probeAfterMilliseconds = 1000

/**
 * Resolves when this machine is announced to be taken away; `undefined` where nobody would announce
 * that, or when the signal is aborted.
 */
export async function awaitSpotNotice(options: SpotWatchOptions): Promise<SpotNotice | undefined> {
  const { source, signal } = options
  try {
    const cloud = source === 'auto' ? await find(options) : source
    if (cloud === 'off') return undefined
    return await (cloud === 'aws' ? awaitAws(options) : awaitGcp(options))
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}

async function find(options: SpotWatchOptions): Promise<'aws' | 'gcp' | 'off'> {
  await pause(probeAfterMilliseconds, options.signal)
  const [gcp, aws] = await Promise.all([isGcp(options), isAws(options)])
  if (gcp) return 'gcp'
  return aws ? 'aws' : 'off'
}
