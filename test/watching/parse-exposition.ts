/** One sample as a strict reader of Prometheus' text format 0.0.4 finds it. */
export interface Parsed {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const label = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"'
const sample = new RegExp(`^(${name})(?:\\{(${label}(?:,${label})*)\\})? (\\S+)$`)

/**
 * Reads the text and throws for whatever the format forbids: no newline at the end, a sample before
 * its TYPE, a metric in two groups, a sample twice, a value that is no number.
 */
export function parseExposition(text: string): ReadonlyMap<string, readonly Parsed[]> {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line does not end')
  const found = new Map<string, Parsed[]>()
  const groups = new Map<string, string>()
  const seen = new Set<string>()
  let group = ''
  for (const line of text.split('\n').slice(0, -1)) {
    const type = /^# TYPE (\S+) (counter|gauge|summary|histogram|untyped)$/.exec(line)
    if (type !== null) {
      const [, named = '', kind = ''] = type
      if (groups.has(named)) throw new Error(`two groups of ${named}`)
      groups.set(named, kind)
      group = named
      continue
    }
    if (/^# HELP \S+ (?:[^\\]|\\\\|\\n)*$/.test(line)) continue
    const [all, metric = '', labels = '', value = ''] = sample.exec(line) ?? []
    if (all === undefined) throw new Error(`no sample: ${line}`)
    const allowed = groups.get(group) === 'summary' ? [`${group}_sum`, `${group}_count`] : [group]
    if (!allowed.includes(metric)) throw new Error(`${metric} stands in the group of ${group}`)
    if (groups.get(group) === 'counter' && !/_total$/.test(metric))
      throw new Error(`${metric} is a counter and does not end in _total`)
    if (seen.has(`${metric}{${labels}}`)) throw new Error(`twice: ${line}`)
    seen.add(`${metric}{${labels}}`)
    if (!/^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|NaN|[+-]Inf)$/i.test(value))
      throw new Error(`no value: ${line}`)
    const samples = found.get(metric) ?? []
    found.set(metric, samples)
    samples.push({ labels: labelsOf(labels), value: Number(value) })
  }
  return found
}

function labelsOf(text: string): Readonly<Record<string, string>> {
  const pairs = [...text.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)]
  return Object.fromEntries(
    pairs.map(([, key = '', value = '']) => [
      key,
      value.replaceAll(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one)),
    ]),
  )
}
