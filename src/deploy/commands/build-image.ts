import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { TaskqError } from 'taskq-runtime'
import type { ExitName } from 'taskq-runtime/cli'
import type { Configuration } from '../config/read.ts'
import { type Builder, buildCalls, builders, pinImage, usualBuilder } from '../image/build.ts'
import { PLATFORM } from '../image/check.ts'
import { isGoogles, parseImage, withoutDigest } from '../image/reference.ts'
import { lookUpImage } from '../image/registry.ts'
import { withGke } from './clusters.ts'
import type { Flags } from './flags.ts'
import { configurationOf, within } from './project.ts'
import type { World } from './world.ts'

/** `taskq-deploy build-image`: builds and pushes the image, then writes its digest into cluster.env. */
export async function buildImageCommand(world: World, flags: Flags): Promise<ExitName> {
  const configuration = configurationOf(world, flags)
  const { out, err, signal } = world.shell
  const { TASK_DOCKER_IMAGE: image, GOOGLE_PROJECT_NAME: project } = configuration.settings
  const name = withoutDigest(image)
  if (!existsSync(join(world.folder, 'Dockerfile'))) {
    throw new TaskqError(
      'invalid',
      `There is no Dockerfile in ${world.folder}. Run the command in the project's folder.`,
    )
  }
  const calls = buildCalls(builderOf(flags, image), image, project)
  for (const call of calls) {
    await (flags.dryRun ? out : err).line(`> ${call.join(' ')}`)
    if (flags.dryRun) continue
    const code = await world.run(call, world.folder, signal)
    if (code !== 0) {
      throw new TaskqError(
        'invalid',
        `${call[0]} ended with ${code}; what it says is above. Nothing was changed in ${flags.clusterEnv}.`,
      )
    }
  }
  if (flags.dryRun) return 'done'
  const digest = await digestOf(world, configuration, name)
  const pinned = pinImage(within(world.folder, flags.clusterEnv), image, digest)
  await out.line(`Built, pushed, and written into ${flags.clusterEnv}: ${pinned}`)
  return 'done'
}

function builderOf(flags: Flags, image: string): Builder {
  if (flags.with === undefined) return usualBuilder(image)
  const named = builders.find(each => each === flags.with)
  if (named !== undefined) return named
  throw new TaskqError('invalid', `--with takes ${builders.join(', ')}, not "${flags.with}".`)
}

/** The digest that the registry gave what was pushed. */
async function digestOf(world: World, configuration: Configuration, name: string): Promise<string> {
  const { signal } = world.shell
  const look = (googleToken: () => Promise<string>) =>
    lookUpImage(name, { fetch: world.fetch, googleToken, signal })
  const found = isGoogles(parseImage(name))
    ? await withGke(world, configuration, gke => look(() => gke.token()))
    : await look(async () => '')
  if (found.kind !== 'found') {
    const why = found.kind === 'missing' ? 'it is not there' : found.why
    throw new TaskqError(
      'unavailable',
      `The image ${name} was pushed, but its digest could not be read: ${why}. Write it into TASK_DOCKER_IMAGE yourself, as ${name}@sha256:...`,
    )
  }
  if (found.platforms.length > 0 && !found.platforms.includes(PLATFORM)) {
    throw new TaskqError(
      'invalid',
      `The image ${name} is for ${found.platforms.join(', ')} and not for ${PLATFORM}. Remove --platform and FROM lines that say otherwise from the Dockerfile.`,
    )
  }
  return found.digest
}
