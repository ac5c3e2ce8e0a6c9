import type { Row } from '../bench/table.ts'
import { reasonFor } from './reasons.ts'

/** A mistake that no test noticed. */
export interface Survivor {
  /** Below `src/runtime`. */
  readonly file: string
  readonly line: number
  /** All that stands in that line. */
  readonly text: string
  readonly from: string
  readonly to: string
  readonly kind: string
}

/** What came of one module. */
export interface Verdict {
  readonly module: string
  /** How many mistakes can be made in it. */
  readonly known: number
  /** How many of them were tried. */
  readonly tried: number
  /** Chose those, where not all were tried. */
  readonly seed: number
  readonly survivors: readonly Survivor[]
  readonly seconds: number
}

/** Percent of the mistakes that have to be caught. */
export const leastShare = 90

/** Percent of the mistakes tried that were caught. */
export function shareOf({ tried, survivors }: Verdict): number {
  return tried === 0 ? 100 : ((tried - survivors.length) * 100) / tried
}

/** One row of the table. */
export function rowOf(verdict: Verdict): Row {
  const { module, known, tried, seed, survivors, seconds } = verdict
  return {
    ...{ module, mistakes: String(known) },
    tried: tried === known ? 'all' : `${tried} (seed ${seed})`,
    ...{ caught: String(tried - survivors.length), share: `${shareOf(verdict).toFixed(1)} %` },
    took: `${seconds.toFixed(0)} s`,
  }
}

/** A survivor in one line, with the reason why it may be one where there is such. */
export function lineOf(survivor: Survivor): string {
  const { file, line, kind, from, to } = survivor
  const change =
    kind === 'block emptied'
      ? `the block \`${oneLine(from)}\` emptied`
      : kind === 'statement removed'
        ? `\`${oneLine(from)}\` removed`
        : `\`${oneLine(from)}\` => \`${oneLine(to)}\``
  return `${file}:${line} ${change}: ${reasonFor(survivor) ?? 'no test notices'}`
}

/** A piece of code on one line, cut where it is long. */
export function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > 60 ? `${line.slice(0, 57)}...` : line
}
