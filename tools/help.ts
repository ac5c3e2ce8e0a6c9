const columns = 80

/** Rows of a help text, `  name  what it says`, the second column cut at words to fit a terminal. */
export function helpRows(rows: readonly (readonly [name: string, says: string])[]): string {
  const room = Math.max(...rows.map(([name]) => name.length))
  return rows
    .flatMap(([name, says]) =>
      filled(says, columns - room - 4).map(
        (line, at) => `  ${(at === 0 ? name : '').padEnd(room)}  ${line}`,
      ),
    )
    .join('\n')
}

/** A paragraph of a help text, cut at words to fit a terminal. */
export function helpParagraph(text: string): string {
  return filled(text, columns).join('\n')
}

function filled(text: string, room: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= room)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
