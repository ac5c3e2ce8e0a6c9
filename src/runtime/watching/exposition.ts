/** One metric of Prometheus' text format 0.0.4, as data. */
export interface Metric {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'summary'
  readonly help: string
  readonly samples: readonly Sample[]
}

/** A value that is `undefined` is unknown and left out. */
export interface Sample {
  /** Behind the metric's name: `_sum`, `_count`. */
  readonly suffix?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number | undefined
}

/** What the format is called in HTTP. */
export const expositionType = 'text/plain; version=0.0.4; charset=utf-8'

/** Writes metrics as Prometheus reads them; one without a known value is left out. */
export function writeExposition(metrics: readonly Metric[]): string {
  return metrics.map(textOf).join('')
}

function textOf({ name, type, help, samples }: Metric): string {
  const lines = samples.flatMap(({ suffix = '', labels = {}, value }) =>
    value === undefined ? [] : [`${name}${suffix}${labelsText(labels)} ${value}\n`],
  )
  if (lines.length === 0) return ''
  const said = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return `# HELP ${name} ${said}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
