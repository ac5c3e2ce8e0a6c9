import { TaskqError } from 'taskq-runtime'
import { lookUpImage, type RegistryAccess } from './registry.ts'

/** The platform of the machines that workers run on. */
export const PLATFORM = 'linux/amd64'

/** Refuses an image that is not there or not for our machines; answers a warning where nobody knows. */
export async function checkImage(
  name: string,
  access: RegistryAccess,
): Promise<string | undefined> {
  const look = await lookUpImage(name, access)
  switch (look.kind) {
    case 'missing':
      throw new TaskqError(
        'invalid',
        `There is no image ${name}. Check TASK_DOCKER_IMAGE in config/cluster.env, or build and push it: taskq-deploy build-image`,
      )
    case 'unknown':
      return `Whether the image ${name} is there could not be seen: ${look.why}.`
    case 'found':
      if (look.platforms.length === 0 || look.platforms.includes(PLATFORM)) return undefined
      throw new TaskqError(
        'invalid',
        `The image ${name} is for ${look.platforms.join(', ')} and not for ${PLATFORM}, which the machines are. Build it for that: taskq-deploy build-image`,
      )
  }
}
