import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TaskqError } from 'taskq-runtime'
import type { Configuration } from '../config/read.ts'
import { locationOf } from '../gke/wanted.ts'
import { type Manifest, makeManifest } from '../manifest/manifest.ts'
import { readSecretFiles } from '../manifest/secret.ts'
import { manifestValues } from '../manifest/values.ts'
import type { Template, Values } from '../templates/render.ts'
import { renderShell } from '../templates/shell.ts'
import { within } from './project.ts'

/** A script that was filled in. */
export interface Script {
  /** Its path from the project's folder. */
  readonly path: string
  readonly text: string
  readonly mode: number
}

/** The fleet's objects, from the template in the project's folder. */
export function manifestOf(folder: string, configuration: Configuration): Manifest {
  const name = configuration.settings.TASK_MODE === 'service' ? 'kube-service' : 'kube-task'
  return makeManifest(
    readTemplate(folder, `templates/${name}.yaml`),
    configuration,
    secretFiles(folder, configuration),
  )
}

/** Everything below scripts/, filled in and checked; `machine` is the type that was chosen. */
export function makeScripts(
  folder: string,
  configuration: Configuration,
  machine: string,
): readonly Script[] {
  const { text } = manifestOf(folder, configuration)
  const values = {
    ...manifestValues(configuration, secretFiles(folder, configuration)),
    GOOGLE_COMPUTE_TYPE: machine,
    GOOGLE_LOCATION: locationOf(configuration),
  }
  return [
    { path: 'scripts/kube-task.yaml', text, mode: 0o644 },
    shellScript(folder, 'make_cluster.sh', values),
    shellScript(folder, 'delete_cluster.sh', values),
  ]
}

/** Writes the scripts. */
export function writeScripts(folder: string, scripts: readonly Script[]): void {
  mkdirSync(join(folder, 'scripts'), { recursive: true })
  for (const { path, text, mode } of scripts) {
    const target = join(folder, path)
    writeFileSync(target, text)
    chmodSync(target, mode)
  }
}

/** Whether scripts/kube-task.yaml is what its template gives now; `undefined`: there is none. */
export function isFresh(folder: string, manifest: Manifest): boolean | undefined {
  try {
    return readFileSync(join(folder, 'scripts/kube-task.yaml'), 'utf8') === manifest.text
  } catch {
    return undefined
  }
}

function secretFiles(folder: string, configuration: Configuration) {
  const { settings } = configuration
  const files = settings.SECRET_FILES.map(path => within(folder, path))
  return readSecretFiles({ ...configuration, settings: { ...settings, SECRET_FILES: files } })
}

function shellScript(folder: string, name: string, values: Values): Script {
  const path = `scripts/${name}`
  const text = renderShell(readTemplate(folder, `templates/${name}`), values)
  const checked = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' })
  // Where there is no bash nobody can run the script either.
  if (checked.error === undefined && checked.status !== 0) {
    throw new TaskqError(
      'invalid',
      `templates/${name} is no shell script once filled in: ${checked.stderr.trim()}`,
    )
  }
  return { path, text, mode: 0o755 }
}

function readTemplate(folder: string, path: string): Template {
  try {
    return { path, text: readFileSync(join(folder, path), 'utf8') }
  } catch (cause) {
    throw new TaskqError(
      'invalid',
      `There is no ${path} in ${folder}. Run the command in the folder of a project made with GKE templates, or copy that file from another one.`,
      { cause },
    )
  }
}
