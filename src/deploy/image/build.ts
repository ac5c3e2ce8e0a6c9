import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isGoogles, parseImage, withoutDigest } from './reference.ts'

/** Who builds the image. */
export const builders = ['cloud-build', 'buildx', 'docker'] as const
export type Builder = (typeof builders)[number]

/** A program with its arguments, each a word of its own: nothing passes through a shell. */
export type ProgramCall = readonly [program: string, ...args: string[]]

/** Who builds when nobody is named: Google for its own registries, for then no docker is needed. */
export function usualBuilder(image: string): Builder {
  return isGoogles(parseImage(image)) ? 'cloud-build' : 'buildx'
}

/** The programs to run, in turn, to build an image and push it. */
export function buildCalls(
  builder: Builder,
  image: string,
  project: string,
): readonly ProgramCall[] {
  const name = withoutDigest(image)
  const platform = ['--platform', 'linux/amd64'] as const
  switch (builder) {
    case 'cloud-build':
      return [['gcloud', 'builds', 'submit', '--project', project, '--tag', name, '.']]
    case 'buildx':
      return [['docker', 'buildx', 'build', ...platform, '--push', '--tag', name, '.']]
    case 'docker':
      return [
        ['docker', 'build', ...platform, '--tag', name, '.'],
        ['docker', 'push', name],
      ]
  }
}

/** Writes the digest into the line TASK_DOCKER_IMAGE of cluster.env and leaves all else as it is. */
export function pinImage(path: string, image: string, digest: string): string {
  const pinned = `${withoutDigest(image)}@${digest}`
  const text = readFileSync(path, 'utf8')
  const line = `TASK_DOCKER_IMAGE=${pinned}`
  const changed = text.replace(/^TASK_DOCKER_IMAGE=.*$/m, () => line)
  // Whoever reads meanwhile finds the old file or the new one, never half of it.
  writeFileSync(`${path}.new`, changed)
  renameSync(`${path}.new`, path)
  return pinned
}
