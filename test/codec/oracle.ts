/**
 * A slow, plain reader and writer of exact JSON, to judge the quick ones by. Shares no code with
 * them: it reads character by character and keeps every number as its lexeme until the end.
 */
export type OracleValue = null | boolean | string | bigint | number | OracleValue[] | OracleObject
export interface OracleObject {
  [key: string]: OracleValue
}

/** `undefined` when the text is not JSON in the sense of our contract. */
export function oracleRead(
  text: string,
  isBigint: (path: readonly (string | number)[]) => boolean = () => false,
): { value: OracleValue } | undefined {
  const characters = text.split('')
  let at = 0
  const path: (string | number)[] = []

  const take = (wanted: string): boolean => {
    if (characters.slice(at, at + wanted.length).join('') !== wanted) return false
    at += wanted.length
    return true
  }
  const need = (wanted: string): void => {
    if (!take(wanted)) throw new Error(`oracle: wanted ${wanted}`)
  }
  const space = (): void => {
    while (take(' ') || take('\n') || take('\r') || take('\t')) {}
  }

  const string = (): string => {
    let out = ''
    need('"')
    while (!take('"')) {
      const character = characters[at++]
      if (character === undefined || character < ' ') throw new Error('oracle: bad string')
      if (character !== '\\') {
        out += character
        continue
      }
      const letter = characters[at++]
      const short = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
      if (letter === 'u') {
        const hex = characters.slice(at, at + 4).join('')
        if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw new Error('oracle: bad escape')
        at += 4
        out += String.fromCharCode(Number.parseInt(hex, 16))
      } else {
        const plain = Object.entries(short).find(([name]) => name === letter)
        if (plain === undefined) throw new Error('oracle: bad escape')
        out += plain[1]
      }
    }
    return out
  }

  const value = (): OracleValue => {
    space()
    if (path.length > 1001) throw new Error('oracle: too deep')
    if (take('null')) return null
    if (take('true')) return true
    if (take('false')) return false
    if (take('NaN')) return Number.NaN
    if (take('Infinity')) return Number.POSITIVE_INFINITY
    if (take('-Infinity')) return Number.NEGATIVE_INFINITY
    if (characters[at] === '"') return string()
    if (take('[')) {
      const list: OracleValue[] = []
      space()
      if (take(']')) return list
      do {
        path.push(list.length)
        list.push(value())
        path.pop()
        space()
      } while (take(','))
      need(']')
      return list
    }
    if (take('{')) {
      const entries = new Map<string, OracleValue>()
      space()
      if (take('}')) return {}
      do {
        space()
        const key = string()
        space()
        need(':')
        path.push(key)
        entries.set(key, value())
        path.pop()
        space()
      } while (take(','))
      need('}')
      return Object.fromEntries(entries)
    }
    const lexeme = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/.exec(characters.slice(at).join(''))?.[0]
    if (lexeme === undefined) throw new Error('oracle: no value')
    at += lexeme.length
    if (/^-?\d+$/.test(lexeme)) {
      const exact = BigInt(lexeme)
      const fits = exact <= 2n ** 53n - 1n && exact >= -(2n ** 53n) + 1n
      return fits && !isBigint(path) ? Number.parseFloat(lexeme) : exact
    }
    const number = Number.parseFloat(lexeme)
    if (Math.abs(number) === Number.POSITIVE_INFINITY) throw new Error('oracle: overflow')
    return number
  }

  try {
    const result = value()
    space()
    return at === characters.length ? { value: result } : undefined
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('oracle: ')) return undefined
    throw error
  }
}

/** The one text that our contract gives a value of plain data. */
export function oracleWrite(value: OracleValue): string {
  if (value === null) return 'null'
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (typeof value === 'bigint') return value.toString(10)
  if (typeof value === 'string') return oracleQuote(value)
  if (typeof value === 'number') {
    if (value === 0) return 1 / value > 0 ? '0' : '-0.0'
    const text = value.toString()
    const looksInteger = /^-?\d+$/.test(text)
    return looksInteger && BigInt(text) ** 2n > (2n ** 53n - 1n) ** 2n ? `${text}.0` : text
  }
  if (Array.isArray(value)) return `[${value.map(oracleWrite).join()}]`
  const members = Object.entries(value).map(
    ([key, item]) => `${oracleQuote(key)}:${oracleWrite(item)}`,
  )
  return `{${members.join()}}`
}

function oracleQuote(text: string): string {
  const named = new Map(
    Object.entries({
      '"': '\\"',
      '\\': '\\\\',
      '\b': '\\b',
      '\f': '\\f',
      '\n': '\\n',
      '\r': '\\r',
      '\t': '\\t',
    }),
  )
  let out = ''
  // Iterating gives whole code points, so a surrogate that comes alone is unpaired.
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    const unpaired = code >= 0xd800 && code <= 0xdfff
    out +=
      named.get(character) ??
      (code < 32 || unpaired ? `\\u${code.toString(16).padStart(4, '0')}` : character)
  }
  return `"${out}"`
}
