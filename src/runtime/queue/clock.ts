import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from './driver.ts'

/** The machine's own clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
  get bootId() {
    bootId ??= readBootId()
    return bootId === '' ? undefined : bootId
  },
  async sleep(milliseconds, signal) {
    try {
      await sleep(milliseconds, undefined, signal === undefined ? {} : { signal })
    } catch (error) {
      throw signal?.aborted ? signal.reason : error
    }
  },
}

/** Read once a process; empty where the platform does not tell. */
let bootId: string | undefined

function readBootId(): string {
  try {
    if (process.platform === 'linux')
      return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    if (process.platform === 'darwin') {
      const { spawnSync } = process.getBuiltinModule('node:child_process')
      return spawnSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).stdout.trim()
    }
  } catch {
    // A sandbox may hide the id. Deadlines then go by the wall clock, which drivers document.
  }
  return ''
}
