/** One queue that others use, with its best documented settings. */
export interface Peer {
  readonly name: string
  /** What was set, for the table. */
  readonly settings: string
  /** What a task that was acknowledged survives. */
  readonly durability: string
  /** Whether a task's result is kept. */
  readonly keepsResults: boolean
  /** How many tasks it is given at most, where it is so slow that more would only take longer. */
  readonly most?: number
  /** Whether four of it at once make no sense. */
  readonly isAlone?: true
  /** A sentence where this machine lacks what it needs. */
  readonly needs?: () => string | undefined
  /** Starts what the queue runs on and makes it empty; the answer tells workers where it is. */
  readonly start: (folder: string) => Promise<Ground>
  readonly insert: (place: Place, bodies: readonly string[]) => Promise<void>
  /** Works in this process until `count` says that it is enough; told of every finished batch. */
  readonly work: (place: Place, done: (tasks: number) => void) => Promise<() => Promise<void>>
}

/** How a worker finds the queue: it comes as JSON on its command line. */
export type Place = Readonly<Record<string, string | number>>

export interface Ground {
  readonly place: Place
  readonly stop: () => Promise<void>
}

/** The result of every task. */
export const answer = { ok: true } as const

/** Bodies of about 120 bytes. */
export function bodiesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) =>
    JSON.stringify({
      ...{ cell: 864691135000000 + at, x: at % 512, y: at % 333, z: at % 77 },
      source: 'gs://bucket/segmentation/v3',
      resolution: 8,
    }),
  )
}
