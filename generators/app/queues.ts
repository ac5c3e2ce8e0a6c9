/** A kind of queue that a project can have. */
export interface QueueKind {
  /** What it is, for people who choose. */
  readonly says: string
  /** How its service itself writes an address that the runtime knows without the scheme. */
  readonly ownForm?: RegExp
  /** What TASKQUEUE_PATH is when nobody says. */
  readonly url: (of: QueueOwner) => string
  /** The package that its driver needs, if any. */
  readonly packages: readonly string[]
  /** Whether it lies on this machine, so that pods cannot reach it and a container needs its folder. */
  readonly isLocal: boolean
  /** Whether it has to be made before the first insert: what costs money is made when asked. */
  readonly isMade: boolean
}

/** Whose queue it is. */
export interface QueueOwner {
  /** The name of the project. */
  readonly name: string
  /** As gcloud is set. */
  readonly googleProject: string
}

/**
 * The kinds on offer, by scheme; the first is what is usual. Each has a page
 * `templates/readme/queue-<scheme>.md.hbs`, and a test holds them against the drivers there are.
 */
export const queues: Readonly<Record<string, QueueKind>> = {
  sqlite: {
    says: 'a file of this machine; no account, no service',
    url: () => 'sqlite:data/queue.db',
    packages: [],
    isLocal: true,
    isMade: false,
  },
  fq: {
    says: 'a folder that machines share, also with python-task-queue',
    url: () => 'fq://./data/queue',
    packages: [],
    isLocal: true,
    isMade: false,
  },
  pubsub: {
    says: 'Google Cloud Pub/Sub; any number of machines',
    url: ({ name, googleProject }) => `pubsub://${googleProject}/${name}`,
    packages: ['google-auth-library'],
    isLocal: false,
    isMade: true,
  },
  sqs: {
    says: 'Amazon SQS; any number of machines',
    ownForm: /^https:\/\/[^/?#@]+\.amazonaws\.com(\.cn)?\//,
    url: ({ name }) => `sqs://${name}`,
    packages: ['@aws-sdk/client-sqs'],
    isLocal: false,
    isMade: true,
  },
}
