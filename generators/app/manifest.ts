import { formats } from './formats.ts'
import type { Kit } from './kit.ts'
import { licences } from './licences.ts'
import type { LockedRoot, Versions } from './lock.ts'
import type { Answers } from './options.ts'
import { queues } from './queues.ts'
import { scriptsOf } from './scripts.ts'
import { stores } from './stores.ts'

/** The package.json of a project, as an object. */
export interface Manifest extends LockedRoot {
  readonly description: string
  readonly author?: string
  readonly private: true
  readonly type: 'module'
  readonly engines: Versions
  readonly scripts: Versions
  readonly dependencies: Versions
  readonly devDependencies: Versions
  /** Packages that others ask for in a version that we do without. */
  readonly overrides?: Versions
}

/** What package.json of a project says; versions are those that the kit was tested with. */
export function manifestOf(kit: Kit, answers: Answers, tasks: readonly string[]): Manifest {
  const { name, description, author, licence, queue, format, storage, deploy, pinNode } = answers
  const own = (...names: readonly string[]) =>
    names.map(each => [each, `file:vendor/${kit.packages.get(each)?.file}`] as const)
  const foreign = (...names: readonly string[]) =>
    names.map(each => [each, versionOf(kit, each)] as const)
  const development = [
    ...own(...(deploy === 'gke' ? ['taskq-deploy'] : []), ...(pinNode ? ['taskq-node'] : [])),
    ...foreign(...(formats[format]?.packages ?? []), ...tools),
  ]
  return {
    name,
    version: '0.0.0',
    description,
    ...(author !== '' && { author }),
    license: licences[licence]?.spdx ?? 'UNLICENSED',
    private: true,
    type: 'module',
    engines: { node: '>=24.15' },
    scripts: scriptsOf(answers, tasks),
    dependencies: byName([
      ...own('taskq-runtime'),
      ...foreign(...(queues[queue]?.packages ?? []), ...(stores[storage]?.packages ?? [])),
    ]),
    devDependencies: byName(development),
    ...(deploy === 'gke' && { overrides: { protobufjs: versionOf(kit, 'protobufjs') } }),
  }
}

/** What every project is checked with. */
const tools = ['@biomejs/biome', '@types/node', 'typescript'] as const

/** biome names a binary package per platform; when one of those is missing, `npm ci` fails. */
function versionOf({ locked }: Kit, name: string): string {
  const { version, optionalDependencies } = locked[`node_modules/${name}`] ?? {}
  if (version === undefined) throw new Error(`The lock of the generator lacks ${name}.`)
  return optionalDependencies === undefined ? `^${version}` : version
}

function byName(versions: readonly (readonly [string, string])[]): Versions {
  return Object.fromEntries(versions.toSorted(([a], [b]) => a.localeCompare(b, 'en')))
}
