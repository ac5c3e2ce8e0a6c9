/** A quantity as Kubernetes writes it, or why it is none: a sentence for people. */
export type Parsed = { readonly value: number } | { readonly problem: string }

/** CPU in thousandths of a core: `700m`, `2`, `0.5`. */
export function parseCpu(text: string): Parsed {
  const match = /^(\d+(?:\.\d+)?)(m?)$/.exec(text)
  if (!match) return { problem: `"${text}" is no amount of CPU: write 700m, 2 or 0.5.` }
  const millis = Number(match[1]) * (match[2] === 'm' ? 1 : 1000)
  if (millis < 1 || !Number.isInteger(round(millis))) {
    return { problem: `"${text}" is no whole number of thousandths of a core: write 700m or 0.5.` }
  }
  return { value: round(millis) }
}

/** Memory or disk in MiB: `500Mi`, `1Gi`, `2G`, or a bare number of bytes. */
export function parseBytes(text: string): Parsed {
  const match = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(text)
  const [, digits = '', unit = ''] = match ?? []
  const factor = UNITS.get(unit)
  if (unit === 'm') {
    return {
      problem: `"${text}" is thousandths of a byte to Kubernetes: did you mean ${digits}Mi?`,
    }
  }
  if (!match || factor === undefined) {
    return { problem: `"${text}" is no amount of memory or disk: write 500Mi, 1Gi or 2G.` }
  }
  const mebibytes = (Number(digits) * factor) / 2 ** 20
  if (mebibytes < 1 && Number(digits) > 0) {
    return { problem: `"${text}" is less than 1Mi to Kubernetes: did you mean ${digits}Mi?` }
  }
  return { value: mebibytes }
}

/** CPU as people write it: `700m`, or whole cores. */
export function formatCpu(millis: number): string {
  return millis % 1000 === 0 ? String(millis / 1000) : `${millis}m`
}

/** Memory or disk as people write it: `500Mi`, or whole GiB. */
export function formatBytes(mebibytes: number): string {
  return mebibytes % 1024 === 0 ? `${mebibytes / 1024}Gi` : `${Math.ceil(mebibytes)}Mi`
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['k', 1e3],
  ['M', 1e6],
  ['G', 1e9],
  ['T', 1e12],
  ['Ki', 2 ** 10],
  ['Mi', 2 ** 20],
  ['Gi', 2 ** 30],
  ['Ti', 2 ** 40],
])

/** Takes off the dust of decimal fractions: 0.7 cores are 700 thousandths, not 699.99. */
function round(value: number): number {
  return Math.round(value * 1e6) / 1e6
}
