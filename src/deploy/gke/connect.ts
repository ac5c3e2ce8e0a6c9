import { hushMetadataLookups } from 'taskq-runtime/cli'
import { gkeError } from './faults.ts'
import type { Gke } from './gke.ts'

/** Opens Google's API with the credentials of whoever runs the command; throws when there are none. */
export async function connectGke(project: string, location: string): Promise<Gke> {
  // The client takes half a second to load: commands that do not need it do without.
  const [{ ClusterManagerClient }, { gkeOf }] = await Promise.all([
    import('@google-cloud/container'),
    import('./client.ts'),
  ])
  hushMetadataLookups()
  const client = new ClusterManagerClient({ projectId: project })
  try {
    // A first call without credentials would leave a rejection to nobody, which ends the process.
    await client.auth.getClient()
    await client.initialize()
  } catch (cause) {
    throw gkeError(cause, 'Google cannot be asked', project)
  }
  return gkeOf(client, project, location)
}
