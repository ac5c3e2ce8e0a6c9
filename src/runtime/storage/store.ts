import type { Need } from '../queue/needs.ts'

/**
 * The storage seam: named bytes under one address. Types only.
 *
 * store     a folder, a bucket, a part of a bucket: what `CF_CLOUDPATH` names
 * key       the name of a file in it, with slashes between its parts: `tiles/3/17.png`
 * version   opaque; another one means other bytes
 */

/** Reads and writes files by key. Every call bears being repeated after an `unavailable` error. */
export interface Store {
  /** The address without secrets, for messages. */
  readonly url: string
  /** Every file, or those whose key starts with `prefix`, in no promised order. */
  list(request?: ListRequest): AsyncIterable<StoredFile>
  /** The file, or `undefined` when there is none. Its bytes must be read to the end or be destroyed. */
  read(key: string, request?: ReadRequest): Promise<OpenedFile | undefined>
  /** Writes a file whole or not at all; who reads meanwhile sees the old bytes or the new ones. */
  write(key: string, bytes: Bytes, request?: WriteRequest): Promise<WriteAnswer>
  /** Which of the keys are there, in the order asked. */
  has(keys: readonly string[], request?: Aborting): Promise<readonly boolean[]>
  /** Removes those that are there. */
  remove(keys: readonly string[], request?: Aborting): Promise<void>
}

/** What is written: in one piece or as it comes. */
export type Bytes = string | Uint8Array | AsyncIterable<Uint8Array>

/** What every verb takes: its signal ends it with the signal's reason. */
export interface Aborting {
  readonly signal?: AbortSignal
}

/** Which files are listed; default: all. */
export interface ListRequest extends Aborting {
  readonly prefix?: string
}

/** What of a file is read. */
export interface ReadRequest extends Aborting {
  /** Where to begin; default 0. */
  readonly fromByte?: number
}

/** How a file is written. */
export interface WriteRequest extends Aborting {
  /** Write only if there is no such file, or if it is still this version of it. */
  readonly when?: 'absent' | { readonly version: string }
  /** A media type, such as `image/png`, for stores that keep one. */
  readonly contentType?: string
}

/** `refused`: the condition did not hold and nothing was written. */
export type WriteAnswer = 'written' | 'refused'

/** A file as a listing has it. */
export interface StoredFile {
  readonly key: string
  /** `undefined` where a listing does not tell. */
  readonly bytes?: number
}

/** A file that is being read. */
export interface OpenedFile {
  /** Of the whole file; `undefined` where the store does not say. */
  readonly bytes: number | undefined
  readonly version: string | undefined
  readonly body: AsyncIterable<Uint8Array>
}

/** What a store takes from outside. */
export interface StoreOptions {
  /** Where settings and credentials are looked for. Default: the environment. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** How often a call is tried; default 5. */
  readonly tries?: number
  /** How long a server may be silent before the call is tried again, in seconds; default 60. */
  readonly silenceSeconds?: number
  /** A number in [0, 1), for jitter. */
  readonly random?: () => number
}

/** What `openStore` needs to know of one kind of store. */
export interface StoreModule {
  /** The part of the address before the first colon. */
  readonly scheme: string
  /** How an address is written, for help and errors. */
  readonly example: string
  /** What the user installs beside this package; absent when nothing. */
  readonly needs?: Need
  readonly open: (address: string, options: Required<StoreOptions>) => Promise<Store>
}
