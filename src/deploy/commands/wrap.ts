import { fitted, type Output } from 'taskq-runtime/cli'

/** Says sentences to people: in a terminal cut at words, elsewhere as they are. */
export async function say(output: Output, text: string): Promise<void> {
  const lines = text.split('\n')
  for (const line of output.isTerminal ? wrapped(lines, output.columns) : lines) {
    await output.line(line)
  }
}

/** Lines cut at words so that each fits: a line that wraps by itself upsets the next drawing. */
export function wrapped(lines: readonly string[], columns: number): readonly string[] {
  return lines.flatMap(line => {
    const indent = /^ */.exec(line)?.[0] ?? ''
    const parts: string[] = []
    let current = indent
    for (const word of line.trim().split(' ')) {
      const isFirst = current.trim() === ''
      const next = isFirst ? `${current}${word}` : `${current} ${word}`
      if (next.length <= columns || isFirst) current = next
      else {
        parts.push(current)
        current = `${indent}  ${word}`
      }
    }
    return [...parts, current].map(part => fitted(part, columns))
  })
}
