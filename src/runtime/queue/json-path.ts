/** How deeply lists and objects may be nested, in what is written and in what is read. */
export const LEVELS = 1000

/** Names a place inside a value for people: `params.cells[3]["a b"]`; a long path loses its middle. */
export function spellPath(what: string, keys: readonly (string | number)[]): string {
  const parts = keys.map(spellKey)
  if (parts.length <= 12) return what + parts.join('')
  return `${what}${parts.slice(0, 8).join('')}…${parts.slice(-3).join('')}`
}

/** The text as one short line that is safe on a terminal: control and unpaired characters escaped. */
export function printable(text: string, longest = 40): string {
  const short = text.length > longest ? `${text.slice(0, longest)}…` : text
  return short.replace(UNSAFE, escapeUnits)
}

function spellKey(key: string | number): string {
  if (typeof key === 'number') return `[${key}]`
  if (IDENTIFIER.test(key) && key.length <= 40) return `.${key}`
  return `["${printable(key.replaceAll(/["\\]/g, '\\$&'))}"]`
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/

// Everything Unicode calls "other" (controls, bidi marks, unpaired surrogates) and its line breaks.
const UNSAFE = /[\p{C}\u2028\u2029]/gu

function escapeUnits(character: string): string {
  let escaped = ''
  for (let i = 0; i < character.length; i++) {
    escaped += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`
  }
  return escaped
}
