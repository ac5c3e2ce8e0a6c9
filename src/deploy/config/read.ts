import { TaskqError } from 'taskq-runtime'
import { type EnvFile, meantAmong, readEnvFile } from 'taskq-runtime/cli'
import {
  type ClusterSettings,
  clusterVariables,
  type Variable,
  type VariableName,
} from './variables.ts'

/** Both env files, read and found good one by one. */
export interface Configuration {
  /** What reaches the workers: config/task.env. */
  readonly task: EnvFile
  readonly cluster: EnvFile
  readonly settings: ClusterSettings
}

/** Reads both env files; whatever is wrong in cluster.env is told at once, each with its line. */
export function readConfiguration(taskPath: string, clusterPath: string): Configuration {
  const task = readEnvFile(taskPath)
  const cluster = readEnvFile(clusterPath)
  return { task, cluster, settings: settingsOf(cluster) }
}

/** The settings in an env file of a cluster. */
export function settingsOf(file: EnvFile): ClusterSettings {
  const problems = unknownNames(file)
  const values: Partial<Record<VariableName, unknown>> = {}
  for (const name of NAMES) {
    const read = readOne(name, file)
    if ('problem' in read) problems.push(read.problem)
    else values[name] = read.value
  }
  if (problems.length > 0) throw new TaskqError('invalid', problems.join('\n'))
  const settings = values as ClusterSettings
  const region = settings.GOOGLE_ZONE.replace(/-[a-z]$/, '')
  return {
    ...settings,
    GOOGLE_SUBNETWORK_REGION: settings.GOOGLE_SUBNETWORK_REGION || region,
  }
}

/** Where a variable stands, for complaints: `config/cluster.env, line 3`. */
export function placeOf({ path, lines }: EnvFile, name: string): string {
  const line = lines.get(name)
  return line === undefined ? path : `${path}, line ${line}`
}

const NAMES = Object.keys(clusterVariables) as readonly VariableName[]

function readOne(name: VariableName, file: EnvFile) {
  const variable: Variable<unknown> = clusterVariables[name]
  const { fallback, example, says, read } = variable
  const given = file.values.get(name)
  const text = given === undefined || given === '' ? fallback : given
  if (text === undefined) {
    const what = given === undefined ? 'is not set' : 'is empty'
    return {
      problem: `${file.path}: ${name} ${what} (${says}). Put a line there: ${name}=${example}`,
    }
  }
  const answer = read(text)
  if ('value' in answer) return answer
  return {
    problem: `${placeOf(file, name)}: ${name}: ${answer.problem} For example: ${name}=${example}`,
  }
}

/** A name that nobody reads is most often a slip of the pen. */
function unknownNames(file: EnvFile): string[] {
  return [...file.values.keys()]
    .filter(name => !Object.hasOwn(clusterVariables, name))
    .map(name => {
      const meant = meantAmong(NAMES, name)
      const hint = meant === undefined ? `Known are ${NAMES.join(', ')}.` : `Did you mean ${meant}?`
      return `${placeOf(file, name)}: there is no setting ${name}. ${hint} What workers need belongs into task.env.`
    })
}
