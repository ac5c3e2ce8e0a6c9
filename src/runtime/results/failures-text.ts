import type { ResultRow } from './rows.ts'
import { userFrames } from './user-stack.ts'

/** Dead tasks for people: the reason, the stack, the last of what was written. */
export async function* toFailuresText(rows: AsyncIterable<ResultRow>): AsyncGenerator<string> {
  for await (const { id, facts } of rows) {
    const { reason, stack, output } = facts
    const parts = [`${id}: ${textOf(reason)}`]
    if (stack !== undefined) parts.push(indented(userFrames(textOf(stack)).join('\n')))
    if (output !== undefined) parts.push('  The last of its output:', indented(textOf(output)))
    yield `${parts.filter(part => part !== '').join('\n')}\n`
  }
}

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
