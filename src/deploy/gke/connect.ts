import { hushMetadataLookups } from 'taskq-runtime/cli'
import { unlessAborted } from '../unless-aborted.ts'
import { gkeError } from './faults.ts'
import type { Gke } from './gke.ts'

/**
 * Opens Google's API with the credentials of whoever runs the command; throws when there are none.
 * The signal ends looking; one that is aborted already does not, for last words need a look too.
 */
export async function connectGke(
  project: string,
  location: string,
  signal: AbortSignal,
): Promise<Gke> {
  // The client takes half a second to load: commands that do not need it do without.
  const [{ ClusterManagerClient }, { gkeOf }] = await Promise.all([
    import('@google-cloud/container'),
    import('./client.ts'),
  ])
  hushMetadataLookups()
  const client = new ClusterManagerClient({ projectId: project })
  const open = async () => {
    // A first call without credentials would leave a rejection to nobody, which ends the process.
    await client.auth.getClient()
    await client.initialize()
  }
  const signals = signal.aborted ? [] : [signal]
  try {
    const limit = AbortSignal.timeout(LONGEST_MILLISECONDS)
    await unlessAborted(open(), AbortSignal.any([limit, ...signals]))
  } catch (cause) {
    for (const each of signals) each.throwIfAborted()
    throw gkeError(cause, 'Google cannot be asked', project)
  }
  return gkeOf(client, project, location, signal.aborted ? {} : { signal })
}

const LONGEST_MILLISECONDS = 60_000
