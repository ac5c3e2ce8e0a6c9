/**
 * A runner: the process in which user code runs. Reads tasks on one pipe, writes outcomes on another
 * without waiting for the event loop, so that they are out before the next task can do any harm.
 */
import { Socket } from 'node:net'
import { Outlet } from './outlet.ts'
import { RunnerService } from './runner-service.ts'

const inward = 3
const outward = 4

// The worker decides when a runner stops; a signal to the whole group must not end it first.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

const input = new Socket({ fd: inward, readable: true, writable: false })
// Opened as a socket only to make it non-blocking.
const output = new Socket({ fd: outward, readable: false, writable: true }).on('error', () => {})
const outlet = new Outlet(outward, () => service.leave(0))
const service = new RunnerService({
  send: frame => outlet.send(frame),
  flush: () => outlet.flush(),
  leave(code) {
    outlet.flush()
    output.unref()
    process.exit(code)
  },
})
input.on('data', (piece: Buffer) => service.push(piece))
// The worker closed the pipe or died: nobody waits for what is still running here.
for (const event of ['end', 'error', 'close']) input.on(event, () => service.leave(0))
