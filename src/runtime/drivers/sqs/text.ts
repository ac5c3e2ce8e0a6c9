/** How a text is written in a message: as it is, with some characters escaped as JSON does, or as base64. */
export type TextForm = 'plain' | 'escaped' | 'base64'

/**
 * A text in characters that every SQS takes. Amazon refuses control characters, U+FFFE, U+FFFF and
 * the empty text, and some servers refuse all beyond U+FFFF. Escaped JSON is the same JSON for
 * Python, which writes no other.
 */
export function wrapText(text: string): { readonly text: string; readonly form: TextForm } {
  if (borne.test(text)) return { text, form: 'plain' }
  // Only where the text has none of its own can the escapes be told and taken back.
  if (text !== '' && !text.includes('\\u')) return { text: escapeIn(text), form: 'escaped' }
  return { text: Buffer.from(text).toString('base64') || emptyMark, form: 'base64' }
}

/** The text that `wrapText` was given. */
export function unwrapText(text: string, form: TextForm): string {
  if (form === 'plain') return text
  if (form === 'base64')
    return text === emptyMark ? '' : Buffer.from(text, 'base64').toString('utf8')
  return text.replaceAll(/\\u([0-9a-f]{4})/g, (_, hex: string) => character(hex))
}

/** JSON in ASCII. */
export function ascii(json: string): string {
  return json.replaceAll(/[\u007f-\uffff]/g, escaped)
}

const borne = /^[\t\n\r -\ud7ff\ue000-\ufffd]+$/

/** Stands for nothing, which base64 would write as nothing. */
const emptyMark = '='

function escapeIn(text: string): string {
  return text.replaceAll(/[^\t\n\r -\ud7ff\ue000-\ufffd]/g, escaped)
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function character(hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16))
}
