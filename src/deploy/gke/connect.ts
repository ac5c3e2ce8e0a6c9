import { gkeOf } from './client.ts'
import type { Gke } from './gke.ts'

/** Opens Google's API with the credentials of whoever runs the command. */
export async function connectGke(project: string, location: string): Promise<Gke> {
  // The client takes half a second to load: commands that do not need it do without.
  const { ClusterManagerClient } = await import('@google-cloud/container')
  return gkeOf(new ClusterManagerClient({ projectId: project }), project, location)
}
