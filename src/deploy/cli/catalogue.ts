import type { ExitName } from 'taskq-runtime/cli'
import type { Flags } from '../commands/flags.ts'
import type { World } from '../commands/world.ts'
import type { OptionName } from './fleet-options.ts'

/** What a command does. Its module is loaded when it is run. */
export type Run = (world: World, flags: Flags, word: string | undefined) => Promise<ExitName>

/** A command on a project's fleet, as data. */
export interface CommandSpec {
  readonly name: string
  /** The one word it takes without a flag. */
  readonly argument?: { readonly name: string; readonly says: string }
  readonly says: string
  readonly details: string
  readonly options: readonly OptionName[]
  readonly examples: readonly string[]
  readonly load: () => Promise<Run>
}

/** Every command on a project's fleet, in the order of their use. */
export const commands: readonly CommandSpec[] = [
  {
    name: 'build-image',
    says: 'build and push the image, and write its digest into cluster.env',
    details:
      'Images of Artifact Registry are built by Cloud Build, which needs no docker here; others by "docker buildx". Always for linux/amd64, which the machines are.',
    options: ['with', 'dryRun'],
    examples: ['taskq-deploy build-image', 'taskq-deploy build-image --with docker'],
    load: async () => (await import('../commands/build-image.ts')).buildImageCommand,
  },
  {
    name: 'make-scripts',
    says: 'fill templates/ in and write scripts/',
    details:
      'scripts/kube-task.yaml, make_cluster.sh and delete_cluster.sh do what the commands do, for whoever wants to see or run them. Edit templates/, not scripts/.',
    options: ['measure', 'dryRun'],
    examples: ['taskq-deploy make-scripts -e config/task.env -c config/cluster.env'],
    load: async () => (await import('../commands/make-scripts.ts')).makeScriptsCommand,
  },
  {
    name: 'make-cluster',
    says: 'make the cluster, or go on making it',
    details:
      'Shows the plan and its price, asks, then creates what is absent and changes what differs. Interrupted, it goes on where it was when it is run again. A cluster that is not ours is left alone.',
    options: [...priceOptions(), 'dryRun', 'yes'],
    examples: ['taskq-deploy make-cluster', 'taskq-deploy make-cluster --yes --max-price 2'],
    load: async () => (await import('../commands/make-cluster.ts')).makeClusterCommand,
  },
  {
    name: 'apply-task',
    says: 'start the workers, or change those that run',
    details:
      'Checks everything, asks the server what would change, then applies it and watches until workers run. Other settings are a new Job, and the old one is drained; another number of workers is changed in place.',
    options: ['dryRun', 'json', ...clusterOptions(), 'interval'],
    examples: ['taskq-deploy apply-task', 'taskq-deploy apply-task --dry-run'],
    load: async () => (await import('../commands/apply-task.ts')).applyTaskCommand,
  },
  {
    name: 'deploy-task',
    says: 'all of it: scripts, cluster, workers, and watching to the end',
    details:
      'Shows the plan and its price and asks once. Workers leave by themselves when the queue is empty; the cluster goes only with --down-when-done, delete-cluster or sweep.',
    options: [...priceOptions(), 'downWhenDone', 'detach', 'dryRun', 'yes', 'json', 'interval'],
    examples: [
      'taskq-deploy deploy-task --down-when-done',
      'taskq-deploy deploy-task --yes --max-price 5',
    ],
    load: async () => (await import('../commands/deploy-task.ts')).deployTaskCommand,
  },
  {
    name: 'watch',
    says: 'the fleet on one screen: workers, queue, rate, cost, and what is wrong',
    details:
      'Goes on until the fleet is done, or until a cause is final: then it ends with 1. Ctrl-C ends the watching, not the fleet.',
    options: ['once', 'json', 'interval', ...clusterOptions()],
    examples: ['taskq-deploy watch', 'taskq-deploy watch --once --json'],
    load: async () => (await import('../commands/watch.ts')).watchCommand,
  },
  {
    name: 'scale',
    argument: { name: 'workers', says: 'how many workers there shall be' },
    says: 'more or fewer workers, now',
    details: 'Workers that are too many hand back what they hold. cluster.env is left as it is.',
    options: ['maxPrice', 'dryRun', ...clusterOptions()],
    examples: ['taskq-deploy scale 20'],
    load: async () => (await import('../commands/scale.ts')).scaleCommand,
  },
  {
    name: 'pause',
    says: 'send all workers away and keep the cluster',
    details: 'They hand back what they hold. The cluster goes on costing its fee.',
    options: [...clusterOptions()],
    examples: ['taskq-deploy pause'],
    load: async () => (await import('../commands/scale.ts')).pauseCommand,
  },
  {
    name: 'resume',
    says: 'bring the workers back after pause',
    details: 'Machines for them take one to three minutes to start.',
    options: [...clusterOptions()],
    examples: ['taskq-deploy resume'],
    load: async () => (await import('../commands/scale.ts')).resumeCommand,
  },
  {
    name: 'delete-cluster',
    says: 'end the fleet, delete its cluster, and look for what is left',
    details:
      'Lets workers hand back what they hold, deletes the cluster and waits until it is gone. Only what carries our label is touched. Ends with 1 when something that costs is left, and lists it.',
    options: ['dryRun', 'yes', ...clusterOptions()],
    examples: ['taskq-deploy delete-cluster', 'taskq-deploy delete-cluster --yes'],
    load: async () => (await import('../commands/delete-cluster.ts')).deleteClusterCommand,
  },
  {
    name: 'sweep',
    says: 'list all our clusters of a project, and delete forgotten ones',
    details:
      'A cluster is forgotten when EXPIRES_HOURS are over since it was made or used again. What is left of clusters that are gone is listed too, with the commands that delete it.',
    options: ['project', 'delete', 'dryRun', 'yes', 'json'],
    examples: ['taskq-deploy sweep --project my-project-123', 'taskq-deploy sweep --delete'],
    load: async () => (await import('../commands/sweep.ts')).sweepCommand,
  },
]

/** For commands that show a plan first. */
function priceOptions() {
  return ['measure', 'tasks', 'seconds', 'price', 'maxPrice'] as const
}

/** For commands that can do with a cluster of somebody else's. */
function clusterOptions() {
  return ['kubeconfig', 'context'] as const
}
