import { countText } from '../../terminal/amounts.ts'

/** What of a value a person reads: a picture in base64 says nothing, and fills the screen. */
const most = { characters: 200, entries: 40 } as const
const kept = { characters: 60, entries: 10 } as const

/** The value with its long texts, lists and objects cut, each saying how much is left out. */
export function shortened(value: unknown): unknown {
  if (typeof value === 'string') return shortText(value)
  if (Array.isArray(value)) {
    if (value.length <= most.entries) return value.map(shortened)
    const first = value.slice(0, kept.entries).map(shortened)
    return [...first, `… ${countText(value.length - kept.entries)} more`]
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const few = entries.length <= most.entries ? entries : entries.slice(0, kept.entries)
  const short = few.map(([name, of]) => [shortText(name), shortened(of)] as const)
  const left = entries.length - few.length
  return Object.fromEntries(left === 0 ? short : [...short, ['…', `${countText(left)} more`]])
}

function shortText(text: string): string {
  if (text.length <= most.characters) return text
  // Not in the middle of a character of two units.
  const begin = text.slice(0, kept.characters).replace(/[\ud800-\udbff]$/, '')
  return `${begin}… ${countText(text.length - begin.length)} characters more`
}
