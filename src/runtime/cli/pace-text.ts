import { remaining } from '../queue/counts.ts'
import type { Counts } from '../queue/driver.ts'
import { durationText } from '../terminal/amounts.ts'
import type { Pace } from './pace.ts'

/** The rate for programs; what is unknown is left out. */
export function paceForMachines({ perSecond, secondsLeft }: Pace) {
  return {
    perSecond: perSecond === undefined ? undefined : rounded(perSecond),
    secondsLeft: secondsLeft === undefined ? undefined : rounded(secondsLeft),
  }
}

/** `950 tasks/s, 6 s left`. */
export function paceText(counts: Counts, { perSecond, secondsLeft }: Pace): string {
  if (remaining(counts) === 0) return 'nothing left to do'
  if (perSecond === undefined) return 'rate unknown'
  const left = secondsLeft === undefined ? 'time left unknown' : `${durationText(secondsLeft)} left`
  return `${rateText(perSecond)}, ${left}`
}

function rateText(perSecond: number): string {
  if (perSecond === 0 || perSecond >= 1)
    return `${rounded(perSecond).toLocaleString('en-US')} tasks/s`
  return `${rounded(perSecond * 60).toLocaleString('en-US')} tasks/min`
}

/** Whole numbers from ten on, one place below. */
function rounded(value: number): number {
  return value >= 10 ? Math.round(value) : Math.round(value * 10) / 10
}
