import { TaskqError } from '../queue/errors.ts'

/** How the name of a file begins until it is whole; such names are never listed. */
export const unfinished = '.taskq-unfinished-'

/** Object stores take no more. */
const keyBytes = 1024

/** The key itself, when it names a file inside its store on every kind of store. Throws `invalid`. */
export function checkedKey(key: string, url: string): string {
  const fault = faultOf(key)
  if (fault === undefined) return key
  throw new TaskqError(
    'invalid',
    `${JSON.stringify(key.slice(0, 200))} cannot name a file in ${url}: ${fault}. Write it like tiles/3/17.png.`,
  )
}

function faultOf(key: string): string | undefined {
  if (key === '') return 'it is empty'
  if (Buffer.byteLength(key) > keyBytes) return `it is longer than ${keyBytes} bytes`
  if (!key.isWellFormed()) return 'it is no well-formed text'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\u0000-\u001f\u007f]/.test(key)) return 'it holds control characters'
  if (key.includes('\\')) return 'it holds a backslash'
  if (key.split('/').some(part => part.startsWith(unfinished)))
    return `a part of it begins with ${unfinished}`
  const odd = key.split('/').find(part => part === '' || part === '.' || part === '..')
  return odd === undefined ? undefined : `a part of it is ${odd === '' ? 'empty' : `"${odd}"`}`
}

/** Puts keys below a folder of the store; the answer's `keyOf` is the way back. */
export function below(folder: string): {
  readonly nameOf: (key: string) => string
  readonly keyOf: (name: string) => string
} {
  const trimmed = folder.replaceAll(/^\/+|\/+$/g, '')
  const start = trimmed === '' ? '' : `${trimmed}/`
  return { nameOf: key => start + key, keyOf: name => name.slice(start.length) }
}
