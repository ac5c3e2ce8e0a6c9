import type { Note } from '../queue/driver.ts'

const prefix = 'code '

/** The note that says: workers with the code `here` may run tasks that were inserted with `code`. */
export function acceptanceOf(code: string, here: string): Note {
  return { name: `${prefix}${code}`, text: here }
}

/** The codes that count as the code `here`, by the notes of a queue; `here` itself is not among them. */
export function acceptedAs(here: string, notes: readonly Note[]): readonly string[] {
  return notes
    .filter(({ name, text }) => name.startsWith(prefix) && text === here)
    .map(({ name }) => name.slice(prefix.length))
}
