/** A runner that is a thread of a house: user code runs here. */
import { parentPort, workerData } from 'node:worker_threads'
import { fromRunner } from './messages.ts'
import { RunnerService } from './runner-service.ts'

/** What the house gives a thread. */
export interface ThreadData {
  /** Bytes that were sent and that the house has not passed on. */
  readonly unsent: Int32Array
}

/** What may wait in the house before sending blocks. */
const mostUnsent = 2 ** 18

const { unsent } = workerData as ThreadData
const port = parentPort
if (port === null) throw new Error('thread-main.ts runs as a thread of house-main.ts only.')

const send = (frame: Buffer) => {
  // Copied: a small buffer is a piece of a large one, which would be sent whole.
  const bytes = new Uint8Array(frame)
  Atomics.add(unsent, 0, bytes.length)
  port.postMessage(bytes, [bytes.buffer])
  for (let size = Atomics.load(unsent, 0); size > mostUnsent; size = Atomics.load(unsent, 0))
    Atomics.wait(unsent, 0, size)
}
const service = new RunnerService({
  send,
  // What is posted arrives, also when the thread ends in the next moment.
  flush: () => {},
  leave: code => process.exit(code),
})

// The streams of a thread write only when its event loop turns, which a task may never allow.
for (const stream of [process.stdout, process.stderr])
  stream.write = (chunk: unknown, ...rest: unknown[]): boolean => {
    send(
      fromRunner.output(
        typeof chunk === 'string' ? chunk : Buffer.from(chunk as Uint8Array).toString(),
      ),
    )
    const done = rest.find(one => typeof one === 'function') as (() => void) | undefined
    if (done !== undefined) process.nextTick(done)
    return true
  }

port.on('message', (message: Uint8Array | 'close') => {
  if (message === 'close') service.leave(0)
  else service.push(Buffer.from(message.buffer, message.byteOffset, message.length))
})
