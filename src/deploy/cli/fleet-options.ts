import { type Command, Option } from 'commander'

/** Every option of the commands on a fleet, once; a command names those it takes. */
export const fleetOptions = {
  envFile: {
    flags: '-e, --env-file <path>',
    says: 'what workers are told',
    fallback: 'config/task.env',
  },
  clusterEnv: {
    flags: '-c, --cluster-env <path>',
    says: 'the cluster and its workers',
    fallback: 'config/cluster.env',
  },
  dryRun: { flags: '--dry-run', says: 'show what would be done, change nothing' },
  yes: { flags: '-y, --yes', says: 'do not ask' },
  json: { flags: '--json', says: 'print JSON, one object a line' },
  kubeconfig: {
    flags: '--kubeconfig <path>',
    says: 'a cluster of this file, instead of Google',
  },
  context: { flags: '--context <name>', says: 'which one of that file' },
  interval: { flags: '--interval <seconds>', says: 'look so often (default: 2, in a pipe 10)' },
  once: { flags: '--once', says: 'look once' },
  downWhenDone: {
    flags: '--down-when-done',
    says: 'delete the cluster when the fleet is done',
  },
  detach: { flags: '--detach', says: 'end when workers run, not when they are done' },
  with: { flags: '--with <builder>', says: 'cloud-build, buildx or docker' },
  delete: { flags: '--delete', says: 'delete the forgotten ones; asks first' },
  project: { flags: '--project <id>', says: 'instead of GOOGLE_PROJECT_NAME' },
  measure: {
    flags: '--measure <queue>',
    says: 'the queue of a trial run, whose tasks show how long one takes',
  },
  tasks: { flags: '--tasks <number>', says: 'tasks waiting, where the queue cannot say' },
  seconds: { flags: '--seconds <number>', says: 'how long one task takes a worker' },
  price: { flags: '--price <dollars>', says: 'your own price of one machine and hour' },
  maxPrice: { flags: '--max-price <dollars>', says: 'end with 1 when it costs more an hour' },
} as const satisfies Readonly<Record<string, FleetOption>>

interface FleetOption {
  readonly flags: string
  readonly says: string
  readonly fallback?: string
}

/** Names an option. */
export type OptionName = keyof typeof fleetOptions

/** Adds options by their names. */
export function withFleetOptions(command: Command, names: readonly OptionName[]): Command {
  for (const name of names) {
    const { flags, says, ...more } = fleetOptions[name]
    const option = new Option(flags, says)
    command.addOption('fallback' in more ? option.default(more.fallback) : option)
  }
  return command
}
