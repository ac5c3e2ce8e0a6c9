import { depth } from './tile.ts'

type Colour = readonly [red: number, green: number, blue: number]

/** Night blue where points escape soonest, through gold to white at the edge, black inside. */
const stops: readonly Colour[] = [
  [6, 12, 40],
  [24, 70, 140],
  [90, 170, 190],
  [250, 210, 110],
  [200, 80, 30],
  [255, 250, 240],
]
const inside: Colour = [0, 0, 0]

/** The colour of a point that escapes after `time` steps, where the first of all escapes after `soonest`. */
export function colourOf(time: number, soonest: number): Colour {
  if (time >= depth) return inside
  const share = Math.log((time + 1) / (soonest + 1)) / Math.log((depth + 1) / (soonest + 1))
  const at = share * (stops.length - 1)
  const [from, to] = [stops[Math.floor(at)] ?? inside, stops[Math.ceil(at)] ?? inside]
  const between = (channel: 0 | 1 | 2) =>
    Math.round(from[channel] + (to[channel] - from[channel]) * (at % 1))
  return [between(0), between(1), between(2)]
}
