import { TaskqError } from 'taskq-runtime'
import { fleetOptions } from '../cli/fleet-options.ts'

/** The options of a command as given, by their long names in camel case. */
export interface Flags {
  readonly envFile: string
  readonly clusterEnv: string
  readonly dryRun?: true
  readonly yes?: true
  readonly json?: true
  readonly kubeconfig?: string
  readonly context?: string
  readonly downWhenDone?: true
  readonly detach?: true
  readonly once?: true
  readonly delete?: true
  readonly with?: string
  readonly measure?: string
  readonly project?: string
  readonly interval?: string
  readonly tasks?: string | number
  readonly seconds?: string | number
  readonly price?: string | number
  readonly maxPrice?: string | number
}

/** A command on the same fleet, to be typed: files are named where they are not the usual ones. */
export function commandLine(name: string, flags: Flags): string {
  const { envFile, clusterEnv, kubeconfig, context } = flags
  const given = [
    ['-e', envFile === fleetOptions.envFile.fallback ? undefined : envFile],
    ['-c', clusterEnv === fleetOptions.clusterEnv.fallback ? undefined : clusterEnv],
    ['--kubeconfig', kubeconfig],
    ['--context', context],
  ] as const
  const words = given.flatMap(([flag, value]) => (value === undefined ? [] : [flag, value]))
  return ['taskq-deploy', name, ...words].join(' ')
}

/** A number above 0 that an option was given; `undefined` when it was not. */
export function numberOf(flags: Flags, name: keyof Flags, option: string): number | undefined {
  const text = flags[name]
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d+(\.\d+)?$/.test(String(text)) && value > 0) return value
  throw new TaskqError('invalid', `${option} takes a number above 0, not "${String(text)}".`)
}
