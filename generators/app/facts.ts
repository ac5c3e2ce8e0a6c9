import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'

/** What the machine can tell, from which usual answers are made. */
export interface Facts {
  /** The name of the folder the project goes into. */
  readonly folderName: string
  /** `Name <address>`, as git knows them. */
  readonly author?: string
  readonly googleProject?: string
  readonly googleZone?: string
  readonly hasGit: boolean
  /** The version of the Node that npm runs on: what the user's machine has. */
  readonly machineNode: string
  readonly year: number
}

/** Runs a program and answers what it printed, trimmed; `undefined` when there is none or it fails. */
export type Ask = (program: string, args: readonly string[]) => Promise<string | undefined>

/** Asks the machine, everything at once: a prompt should not wait. */
export async function gatherFacts(
  folder: string,
  env: NodeJS.ProcessEnv = process.env,
  ask: Ask = askProgram,
): Promise<Facts> {
  const [version, name, address] = await Promise.all([
    ask('git', ['--version']),
    ask('git', ['config', 'user.name']),
    ask('git', ['config', 'user.email']),
  ])
  const google = readGcloud(env['CLOUDSDK_CONFIG'] ?? join(homedir(), '.config/gcloud'))
  const [googleProject, googleZone] = [google.get('core/project'), google.get('compute/zone')]
  const author = [name, address && `<${address}>`].filter(part => part).join(' ')
  return {
    folderName: basename(folder),
    ...(author !== '' && { author }),
    ...(googleProject && { googleProject }),
    ...(googleZone && { googleZone }),
    hasGit: version !== undefined,
    machineNode: nodeOfNpm(env['npm_config_user_agent']) ?? process.versions.node,
    year: new Date().getFullYear(),
  }
}

/** `npm/11.4.2 node/v20.20.0 linux x64`: the Node of the machine, whichever one this runs on. */
export function nodeOfNpm(userAgent = ''): string | undefined {
  return / node\/v(\d+\.\d+\.\d+)/.exec(userAgent)?.[1]
}

/** What gcloud is set to, by `section/name`. Read from its file: gcloud itself takes a second to start. */
function readGcloud(folder: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  const active = textOf(join(folder, 'active_config'))?.trim() ?? 'default'
  let section = ''
  for (const line of textOf(join(folder, 'configurations', `config_${active}`))?.split('\n') ??
    []) {
    section = /^\[(.+)\]$/.exec(line.trim())?.[1] ?? section
    const [, name, value] = /^(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (name !== undefined && value !== undefined) values.set(`${section}/${name}`, value)
  }
  return values
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // What cannot be read tells nothing; the questions have other usual answers.
    return undefined
  }
}

const patienceMilliseconds = 3000

function askProgram(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise(resolve => {
    const options = { timeout: patienceMilliseconds, windowsHide: true }
    execFile(program, [...args], options, (error, stdout) => {
      const answer = stdout.trim()
      resolve(error === null && answer !== '' ? answer : undefined)
    })
  })
}
