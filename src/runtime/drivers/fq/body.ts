/**
 * The text of a task's file. Python must find its own envelope in it and `id` as the name has it, so
 * ours is the last key: where a body carries another, the last one counts, here and there.
 */

/** The file's text for a body; a text that is no message is kept in one that calls nothing. */
export function seal(body: string, id: string, key: string): string {
  const original = id === key ? '' : `,${originalKey}${JSON.stringify(id)}`
  const end = `${original},"id":"${key}"}`
  if (messagePattern.test(body)) return body.slice(0, body.lastIndexOf('}')) + end
  return `${textStart}${JSON.stringify(body)}${end}`
}

/** What a file holds: a body and the id it was inserted under; `undefined` when it is torn. */
export function unseal(
  text: string,
  key: string,
): { readonly id: string; readonly body: string } | undefined {
  const end = `,"id":"${key}"}`
  if (!text.endsWith(end)) return isWhole(text) ? { id: key, body: text } : undefined
  const { id, rest } = originalOf(text.slice(0, -end.length), key)
  if (!rest.startsWith(textStart)) return { id, body: `${rest}}` }
  const body = parsed(rest.slice(textStart.length))
  return body === undefined ? undefined : { id, body }
}

/** Whether a text is one object to its end: the first half of one may well end with a brace too. */
function isWhole(text: string): boolean {
  if (!text.startsWith('{')) return false
  let depth = 0
  let isInString = false
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (isInString && character === '\\') at += 1
    else if (character === '"') isInString = !isInString
    else if (isInString) continue
    else if (character === '{' || character === '[') depth += 1
    else if (character === '}' || character === ']') depth -= 1
    if (depth === 0) return text.slice(at + 1).trim() === ''
  }
  return false
}

const messagePattern = /^\{\s*"payload"\s*:[\s\S]*\}$/
const originalKey = '"taskqId":'
const textStart = '{"payload":[["taskq","text"],[],{},-1],"text":'

function originalOf(rest: string, key: string): { readonly id: string; readonly rest: string } {
  const at = rest.lastIndexOf(`,${originalKey}`)
  const id = at < 0 ? undefined : parsed(rest.slice(at + originalKey.length + 1))
  return id === undefined ? { id: key, rest } : { id, rest: rest.slice(0, at) }
}

function parsed(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'string' ? value : undefined
  } catch {
    // Half a text, or one of somebody else's making: the caller takes the file for what it is.
    return undefined
  }
}
