import { exits } from '../config/exit-codes.ts'
import type { CommandSpec } from './catalogue.ts'
import { commands } from './catalogue.ts'
import { workingCommands } from './working.ts'

/** What stands below the list of commands in `taskq --help`. */
export function programHelp(): string {
  const examples = [...workingCommands, ...commands].flatMap(({ examples }) => examples.slice(0, 1))
  return `
${whichQueueHelp}

Examples:
${indented(examples)}

Exit codes:
${indented(Object.values(exits).map(({ code, meaning }) => `${String(code).padStart(3)}  ${meaning}`))}

TQ_DEBUG=1 in the environment shows the stack of an error.`
}

/** What stands below the options in the help of a command. */
export function commandHelp({
  examples,
  takes,
}: Pick<CommandSpec, 'examples'> & Partial<Pick<CommandSpec, 'takes'>>): string {
  return `${takes === 'two queues' ? '' : `\n${whichQueueHelp}\n`}
Examples:
${indented(examples)}`
}

const whichQueueHelp = `The queue is the first of these that is given:
  1. -q, --queue <url>; most commands also take it without -q
  2. TASKQUEUE_PATH in the file of -e, --env-file <path>
  3. TASKQUEUE_PATH in the environment`

function indented(lines: readonly string[]): string {
  return lines.map(line => `  ${line}`).join('\n')
}
