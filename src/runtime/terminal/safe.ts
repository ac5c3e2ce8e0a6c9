import { stripVTControlCharacters } from 'node:util'
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

/** Without what could move the cursor, change colours, ring or turn text around: it may be foreign. */
export function stripped(text: string): string {
  return stripVTControlCharacters(text).replace(STEERING, '')
}

const STEERING = /(?![\t\n])\p{Cc}|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu
