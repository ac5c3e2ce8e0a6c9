import { join } from 'node:path'
import type { Rule } from '../src/runtime/testing/index.ts'

/** A kind of queue that can be stormed, ready to be used. */
export interface Ground {
  /** The scheme of its URL. */
  readonly name: string
  readonly url: string
  /** What workers and commands need in their environment to reach it. */
  readonly env: Readonly<Record<string, string>>
  /** Whether a stale lease can do nothing. */
  readonly isFenced: boolean
  /** Rules that this kind of queue does not promise. */
  readonly waived: readonly Rule[]
  /** What is asked of it, as a share of what the embedded queue is asked: one file a task is slow. */
  readonly share: number
  readonly close: () => Promise<void>
}

/** Makes a ground in a folder; a sentence instead where this machine lacks what it needs. */
export type OpenGround = (folder: string) => Promise<Ground | string>

/** Every kind of queue that several processes can share. */
export const grounds: Readonly<Record<string, OpenGround>> = {
  sqlite: async folder => ({
    name: 'sqlite',
    url: `sqlite:${join(folder, 'queue.db')}`,
    env: {},
    isFenced: true,
    waived: [],
    share: 1,
    close: async () => {},
  }),
  fq: async folder => ({
    name: 'fq',
    url: `fq://${join(folder, 'queue')}`,
    env: {},
    isFenced: true,
    waived: [],
    share: 0.2,
    close: async () => {},
  }),
}
