import type { ResultRow } from './rows.ts'

/** Dead tasks for people: the reason, the stack, the last of what was written. */
export async function* toFailuresText(rows: AsyncIterable<ResultRow>): AsyncGenerator<string> {
  for await (const { id, facts } of rows) {
    const { reason, stack, output } = facts
    const parts = [`${id}: ${textOf(reason)}`]
    if (stack !== undefined) parts.push(indented(framesOf(textOf(stack))))
    if (output !== undefined) parts.push('  The last of its output:', indented(textOf(output)))
    yield `${parts.filter(part => part !== '').join('\n')}\n`
  }
}

/** The lines of a stack that lead through the user's code; the reason says the rest. */
export function framesOf(stack: string): string {
  return stack
    .split('\n')
    .filter(line => /^\s+at /.test(line) && !isOurs(line))
    .map(line => line.trim())
    .join('\n')
}

const isOurs = (line: string) => /\bnode:|taskq-runtime\/|src\/runtime\/worker\//.test(line)

function indented(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map(line => (line === '' ? '' : `    ${line}`))
    .join('\n')
}

function textOf(raw: unknown): string {
  return typeof raw === 'string' ? raw : ''
}
