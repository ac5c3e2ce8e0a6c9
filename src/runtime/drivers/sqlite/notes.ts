import type { Note } from '../../queue/driver.ts'
import type { HotStatements } from './statements.ts'

/** Keeps each text under its name, in place of what was there. */
export function writeNotes(hot: HotStatements, notes: readonly Note[]): void {
  for (const { name, text } of notes) hot.writeNote.run(name, text)
}

/** All notes, sorted by name. */
export function readNotes(hot: HotStatements): readonly Note[] {
  return hot.readNotes.all().map(({ name, text }) => ({ name: String(name), text: String(text) }))
}
