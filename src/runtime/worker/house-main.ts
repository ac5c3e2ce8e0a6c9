/**
 * A house: the process that runners share as threads. Its own thread runs no user code: it passes
 * frames on, opens threads and ends them, so that one in an endless loop can always be ended.
 */
import { Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { addressed, addressReader, fromPorter, porter } from './house-wire.ts'
import { Outlet } from './outlet.ts'
import type { ThreadData } from './thread-main.ts'
import { decodeFrame, type Frame } from './wire.ts'

const inward = 3
const outward = 4

// The worker decides when a house stops; a signal to the whole group must not end it first.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

const main = new URL(
  `./thread-main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
  import.meta.url,
)
const threads = new Map<number, Worker>()

const input = new Socket({ fd: inward, readable: true, writable: false })
const reader = addressReader((thread, frame) => {
  if (thread === porter) obey(decodeFrame(frame))
  else threads.get(thread)?.postMessage(new Uint8Array(frame))
})
input.on('data', (piece: Buffer) => reader.push(piece))
// Opened as a socket only to make it non-blocking.
new Socket({ fd: outward, readable: false, writable: true }).on('error', () => {})
const outlet = new Outlet(outward, () => process.exit(0))
for (const event of ['end', 'error', 'close']) input.on(event, () => process.exit(0))

function obey({ line: [verb, number, heapMegabytes] }: Frame): void {
  const thread = Number(number)
  if (verb === 'open') open(thread, Number(heapMegabytes))
  else if (verb === 'close') threads.get(thread)?.postMessage('close')
  else if (verb === 'terminate') void threads.get(thread)?.terminate()
}

function open(thread: number, heapMegabytes: number): void {
  const unsent = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(main, {
    workerData: { unsent } satisfies ThreadData,
    name: `runner ${thread}`,
    ...(heapMegabytes > 0 && { resourceLimits: { maxOldGenerationSizeMb: heapMegabytes } }),
  })
  let fault = ''
  worker.on('message', (frame: Uint8Array) => {
    outlet.send(addressed(thread, frame))
    Atomics.sub(unsent, 0, frame.length)
    Atomics.notify(unsent, 0)
  })
  worker.on('error', (error: NodeJS.ErrnoException) => {
    fault = error.code ?? error.message
  })
  worker.on('exit', code => {
    threads.delete(thread)
    outlet.send(fromPorter.closed(thread, code, fault))
  })
  threads.set(thread, worker)
}
