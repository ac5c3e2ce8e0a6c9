import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readPackages } from '../../tools/workspaces.ts'
import { packAndInstall } from './tarballs.ts'

/** A `create-taskq-project` installed below a folder from its tarballs, as npm create has it. */
export interface Creator {
  /** The compiled file of the command. */
  readonly main: string
  /** Runs it in `cwd`, with nobody to answer; installs nothing unless asked. */
  readonly create: (cwd: string, ...args: readonly string[]) => Created
  /** The same, with variables of its own. */
  readonly createWith: (
    env: Readonly<Record<string, string>>,
    cwd: string,
    ...args: readonly string[]
  ) => Created
}

/** How it came out. */
export interface Created {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

/** Packs everything into `folder` and installs the command there. */
export function installCreator(folder: string): Creator {
  mkdirSync(folder, { recursive: true })
  packAndInstall(folder, readPackages())
  const main = join(folder, 'node_modules/create-taskq-project/main.js')
  const createWith: Creator['createWith'] = (env, cwd, ...args) => {
    const options = { cwd, env: { ...withoutPeople(process.env), ...env } }
    const ran = spawnSync(process.execPath, [main, ...args], { ...options, encoding: 'utf8' })
    return { status: ran.status, out: ran.stdout, err: ran.stderr }
  }
  // What npm ci of this repository fetched lies in npm's cache.
  const frugal = { npm_config_prefer_offline: 'true' }
  return { main, createWith, create: (cwd, ...args) => createWith(frugal, cwd, ...args) }
}

/** So that no test depends on whose machine it runs on. */
export function withoutPeople(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  // gcloud makes the folder when it is asked, so it lies where nothing is kept.
  const nobody = join(tmpdir(), 'taskq-nobody')
  const { npm_config_user_agent: _, CI: __, ...kept } = env
  return { ...kept, GIT_CONFIG_GLOBAL: nobody, GIT_CONFIG_NOSYSTEM: '1', CLOUDSDK_CONFIG: nobody }
}
