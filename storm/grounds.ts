import type { Queue, Traits } from '../src/runtime/index.ts'
import type { FaultProxy } from '../test/support/fault-proxy.ts'
import { fq, sqlite } from './grounds/local.ts'
import { pubsub } from './grounds/pubsub.ts'
import { sqs } from './grounds/sqs.ts'

/** A kind of queue that can be stormed. */
export interface Kind {
  /** The scheme of its URL. */
  readonly name: string
  /** What keeps it: one file, a folder of them, or a service behind a wire. */
  readonly medium: 'file' | 'folder' | 'service'
  readonly traits: Pick<Traits, 'fenced' | 'unique'>
  /** What it makes of a worker that speaks of a lease after its end. */
  readonly lateWord: 'refused' | 'welcome'
  /** What is asked of it, as a share of what the embedded queue is asked. */
  readonly share: number
  /** Makes a ground in a folder of its own; says what this machine lacks for it instead. */
  readonly open: (folder: string) => Promise<Ground | Lack>
  /** Ends what all grounds of this kind share. */
  readonly close: () => Promise<void>
}

/** A queue, made and empty. */
export interface Ground {
  /** As workers and commands are told. */
  readonly url: string
  /** What they need in their environment to reach it. */
  readonly env: Readonly<Record<string, string>>
  /** Opens it for the storm itself, past all faults of the wire. */
  readonly look: () => Promise<Queue>
  /** Workers end when it is drained, or must be told because it tells no numbers. */
  readonly ending: 'drained' | 'told'
  /** Where all requests of workers and commands go through; only services have one. */
  readonly wire?: FaultProxy
  readonly close: () => Promise<void>
}

/** What keeps a test from being run on this machine. */
export interface Lack {
  readonly reason: string
  /** Whether CI can be asked to have it. */
  readonly inCi: 'must be there' | 'may be missing'
}

/** Every kind of queue that several processes can share. */
export const kinds: readonly Kind[] = [sqlite, fq, sqs, pubsub]
