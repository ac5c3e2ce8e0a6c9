import { Cutter, encodeFrame, lengthBytes } from './wire.ts'

/** The thread number by which a house itself is spoken to. */
export const porter = 0

/** What the porter of a house is told: to open a thread, to let it end, to end it. */
export const toPorter = {
  /** `heapMegabytes` 0: Node's own choice. */
  open: (thread: number, heapMegabytes: number) =>
    addressed(porter, encodeFrame(['open', thread, heapMegabytes])),
  close: (thread: number) => addressed(porter, encodeFrame(['close', thread])),
  terminate: (thread: number) => addressed(porter, encodeFrame(['terminate', thread])),
} as const

/** What the porter tells: a thread is gone, with its exit code; `text` is the code of its error. */
export const fromPorter = {
  closed: (thread: number, code: number, error: string) =>
    addressed(porter, encodeFrame(['closed', thread, code], error)),
} as const

/** A frame with the number of the thread it is for, or comes from. */
export function addressed(thread: number, frame: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(4 + frame.length)
  bytes.writeUInt32LE(thread, 0)
  bytes.set(frame, 4)
  return bytes
}

/** Cuts what a house's pipe brings into frames, each with its thread. */
export function addressReader(onFrame: (thread: number, frame: Buffer) => void): Cutter {
  return new Cutter(4 + lengthBytes, bytes => onFrame(bytes.readUInt32LE(0), bytes.subarray(4)))
}
