import { TaskqError } from './errors.ts'

/** A queue's URL taken apart: what stands behind the scheme's colon, and the options after `?`. */
export interface Address {
  readonly scheme: string
  readonly rest: string
}

/**
 * Takes a queue's name apart; what stands before a colon that no slash precedes is the scheme. A
 * bare path is `sqlite:` when it ends in `.db` and `fq:` otherwise, as python-task-queue's command
 * line has it; the address of a queue at Amazon is `sqs:`.
 */
export function parseAddress(name: string): Address {
  if (atAmazon.test(name)) return { scheme: 'sqs', rest: `//${name}` }
  const scheme = /^([^/\\:]{2,}):/.exec(name)?.[1]
  if (scheme !== undefined)
    return { scheme: scheme.toLowerCase(), rest: name.slice(scheme.length + 1) }
  if (name.trim() === '')
    throw new TaskqError(
      'invalid',
      'The queue has no name. Give a URL such as sqlite:queue.db, as an argument or as TASKQUEUE_PATH in the env file.',
    )
  const path = name.split('?', 1)[0] ?? name
  return { scheme: path.endsWith('.db') ? 'sqlite' : 'fq', rest: name }
}

const atAmazon = /^https:\/\/[^/?#@]*\b(sqs|queue)\b[^/?#@]*\.amazonaws\.com(\.cn)?\//i

/** A queue's name as it may be shown: what could be a password is left out, and what is too long. */
export function withoutPassword(name: string): string {
  return name.replace(/^([a-z][\w+.-]*:(?:\/\/)?(?:https?:\/\/)?)?.*@/is, '$1...@').slice(0, 200)
}

/** An address as it may be shown, in quotes: without a login, and without what follows its path, which may be a signature. */
export function quotedAddress(address: string): string {
  return JSON.stringify(withoutPassword(address).replace(/[?#].*$/s, ''))
}

/** The path and the options of a file-like queue: `//` before the path is optional, `%3F` is a `?`. */
export function parsePathAddress(
  rest: string,
  known: readonly string[],
  example: string,
): { readonly path: string; readonly options: ReadonlyMap<string, string> } {
  const [rawPath, query] = splitOnce(rest, '?')
  const path = decodeEscapes(rawPath.replace(/^\/\//, ''))
  if (path === '')
    throw new TaskqError('invalid', `The queue's URL names no file. Write it as ${example}.`)
  if (path.includes('\0'))
    throw new TaskqError(
      'invalid',
      `The queue's path holds a NUL character: ${JSON.stringify(path)}.`,
    )
  const options = optionsIn(query)
  for (const name of options.keys()) {
    if (!known.includes(name))
      throw new TaskqError(
        'invalid',
        `Unknown option "${name}" in the queue's URL. Known here: ${known.join(', ')}. A "?" in a file's name is written %3F.`,
      )
  }
  return { path, options }
}

/**
 * The options behind the `?` of a queue's URL, joined by `&` or by `,`: a shell takes the one for an
 * end of the command, and env files cannot hold it; a `,` in a value is written %2C.
 */
export function optionsIn(query: string): ReadonlyMap<string, string> {
  return new Map(new URLSearchParams(query.replaceAll(',', '&')))
}

/** A path as `parsePathAddress` reads it back. */
export function escapePath(path: string): string {
  return path.replace(/%(?=[0-9a-f]{2})/gi, '%25').replaceAll('?', '%3F')
}

/** `true`/`false` from a URL option; anything else is refused by name. */
export function readSwitch(
  options: ReadonlyMap<string, string>,
  name: string,
  fallback: boolean,
): boolean {
  const value = options.get(name)
  if (value === undefined) return fallback
  if (value === 'true') return true
  if (value === 'false') return false
  throw new TaskqError(
    'invalid',
    `Option ${name} in the queue's URL takes true or false, not "${value}".`,
  )
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)]
}

/** Percent escapes are decoded; a `%` that starts none stands for itself. */
function decodeEscapes(text: string): string {
  try {
    return decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, '%25'))
  } catch {
    return text
  }
}
