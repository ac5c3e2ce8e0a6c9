import type { CommandSpec } from './catalogue.ts'
import { commands } from './catalogue.ts'
import { exitCodes } from './exit-codes.ts'

/** What stands below the list of commands in `taskq --help`. */
export function programHelp(): string {
  const examples = commands.flatMap(({ examples: [first] }) => (first === undefined ? [] : [first]))
  return `
${whichQueueHelp}

Examples:
${indented(examples)}

Exit codes:
${indented(Object.values(exitCodes).map(({ code, meaning }) => `${String(code).padStart(3)}  ${meaning}`))}

TQ_DEBUG=1 in the environment shows the stack of an error.`
}

/** What stands below the options in the help of a command. */
export function commandHelp({ examples }: CommandSpec): string {
  return `
${whichQueueHelp}

Examples:
${indented(examples)}`
}

const whichQueueHelp = `The queue is the first of these that is given:
  1. -q, --queue <url>; status, list and purge also take it without -q
  2. TASKQUEUE_PATH in the file of -e, --env-file <path>
  3. TASKQUEUE_PATH in the environment`

function indented(lines: readonly string[]): string {
  return lines.map(line => `  ${line}`).join('\n')
}
