import Handlebars from 'handlebars'
import type { Answers } from './options.ts'

/** What a .hbs file can name. */
export interface Values extends Answers {
  /** As Markdown that shows what was answered. */
  readonly description: string
  readonly year: number
  readonly tasks: readonly string[]
  /** Of the example's table, with its dot. */
  readonly extension: string
}

/** Fills a page in; a name that is unknown throws. What is filled in is not looked at again. */
export function render(source: string, values: Values): string {
  // Nothing here is HTML: free text is made Markdown beforehand, the rest is checked by options.ts.
  return Handlebars.compile(source, { noEscape: true, strict: true })({ ...values })
}

/** Text as Markdown shows it: nothing in it begins a tag, a link, a heading or code. */
export function markdown(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>()#+!|~&]/g, character => {
    if (character === '<') return '&lt;'
    return character === '&' ? '&amp;' : `\\${character}`
  })
}
