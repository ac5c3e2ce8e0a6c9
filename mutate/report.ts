import type { Row } from '../bench/table.ts'

/** A mistake that no test noticed. */
export interface Survivor {
  /** Below `src/runtime`. */
  readonly file: string
  readonly line: number
  readonly from: string
  readonly to: string
  readonly kind: string
}

/** What came of one module. */
export interface Verdict {
  readonly module: string
  /** How many mistakes were made. */
  readonly made: number
  readonly survivors: readonly Survivor[]
  readonly seconds: number
}

/** One row of the table. */
export function rowOf({ module, made, survivors, seconds }: Verdict): Row {
  const caught = made - survivors.length
  return {
    ...{ module, mistakes: String(made), caught: String(caught) },
    ...{ share: made === 0 ? '' : `${((caught * 100) / made).toFixed(1)} %` },
    took: `${seconds.toFixed(0)} s`,
  }
}
