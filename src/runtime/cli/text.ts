import { printable } from '../queue/json-path.ts'
import { writeJson } from '../queue/json-write.ts'

/** Text of others as it may go to a terminal: what would steer it is escaped. */
export function safe(text: string): string {
  return printable(text, Number.POSITIVE_INFINITY)
}

/** The same for text of several lines. */
export function safeLines(text: string): string {
  return text.split('\n').map(safe).join('\n')
}

/** One line of JSON with exact numbers and nothing in it that could steer a terminal. */
export function jsonLine(value: unknown): string {
  return safe(writeJson(value))
}

/** `12,300`; `unknown` for what the store cannot know. */
export function countText(count: number | undefined): string {
  return count === undefined ? 'unknown' : count.toLocaleString('en-US')
}

/** `1 task`, `12,300 dead tasks`. */
export function tasksText(count: number, kind = ''): string {
  return `${countText(count)} ${kind === '' ? '' : `${kind} `}${count === 1 ? 'task' : 'tasks'}`
}

/** `4 min 20 s`: the two largest units that matter. */
export function durationText(seconds: number): string {
  if (seconds < 1) return seconds <= 0 ? '0 s' : '< 1 s'
  let left = Math.round(seconds)
  const parts: string[] = []
  for (const [unit, size] of units) {
    const count = Math.floor(left / size)
    left -= count * size
    if (count > 0) parts.push(`${count} ${unit}`)
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return parts.join(' ')
}

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const

/** The text padded to a number of columns. */
export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)))
}

/** The start of a text that fits into a number of columns, `…` in place of what was cut. */
export function fitted(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  let kept = ''
  let width = 0
  for (const character of text) {
    width += widthOf(character)
    if (width > columns - 1) break
    kept += character
  }
  return `${kept}…`
}

/** How many columns a terminal gives to a text that holds no control characters. */
export function widthOf(text: string): number {
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length
  let width = 0
  for (const character of text) width += WIDE.test(character) ? 2 : NONE.test(character) ? 0 : 1
  return width
}

const WIDE =
  /[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/u

const NONE = /\p{M}/u
