import { realTime } from '../queue/real-time.ts'

const lookMilliseconds = 50

/**
 * Ends this process once the command is done, although a task file left something open in it: a timer,
 * or a connection. Output on its way is written first, and runners end by themselves.
 */
export function leaveWhenDone(): void {
  const timer = realTime.every(lookMilliseconds, () => {
    if (!isBusy()) process.exit()
  })
  // Where nothing was left open the process ends without it, and sooner.
  timer.unref()
}

function isBusy(): boolean {
  if (process.stdout.writableLength > 0 || process.stderr.writableLength > 0) return true
  return process.getActiveResourcesInfo().includes('ProcessWrap')
}
