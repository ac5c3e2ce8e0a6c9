/**
 * Sets variables in the text of an env file, each on the line it has there; comments and the order of
 * lines stay. Throws when there is no such line.
 */
export function fillEnv(text: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce((filled, [name, value]) => {
    const line = new RegExp(`^${name}=.*$`, 'm')
    if (!line.test(filled)) throw new Error(`The env file has no line for ${name}.`)
    return filled.replace(line, () => `${name}=${value}`)
  }, text)
}

/**
 * A queue's URL as it can stand in an env file and in a command without quotes, which docker would
 * keep: the same queue, its options joined by `,` for `&` and what some reader trips over escaped,
 * wherever that kind of URL has escapes.
 */
export function plainUrl(url: string): string {
  const [path = '', ...rest] = url.split('?')
  const hasEscapes = /^(sqlite|fq):/.test(path)
  const options = rest.join('?').replaceAll(',', '&').split('&')
  const query = rest.length === 0 ? '' : `?${options.map(escaped).join(',')}`
  return `${hasEscapes ? escaped(path) : path}${query}`
}

/**
 * Why a value cannot stand in an env file that npm scripts, docker and Kubernetes must read alike, as a
 * sentence; `undefined` when it can. They disagree on quotes, blanks, `#` and `$`: what holds none of
 * these is the same to all.
 */
export function envProblem(value: string): string | undefined {
  // A shell puts the home of somebody for a ~ that begins a path.
  if (/^[\w.:/@?=+,%~-]+$/.test(value) && !/(^|[:/])~/.test(value)) return undefined
  return `"${value}" cannot stand in an env file: write letters, digits and .:/@?=+,%_- such as sqlite:data/queue.db.`
}

/** Control characters, and halves of a character, have no place in a name: they stay, and are refused. */
function escaped(text: string): string {
  return text.replaceAll(/[^\w.:/@?=+,%~\p{Cc}\p{Cs}-]/gu, character =>
    Buffer.from(character).toString('hex').replaceAll(/../g, '%$&'),
  )
}
