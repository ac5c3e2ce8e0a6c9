import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import { type CommandSpec, commands } from './catalogue.ts'
import { type ExitName, exitCodes } from './exit-codes.ts'
import { commandHelp, programHelp } from './help.ts'
import { type Flags, type OptionName, type OptionSpec, options } from './options.ts'
import { report } from './report.ts'
import { openShell, type Shell } from './shell.ts'
import { safeLines } from './text.ts'

/** Runs the command line; answers the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const shell = openShell()
  return exitCodes[await perform(args, shell)].code
}

async function perform(args: readonly string[], shell: Shell): Promise<ExitName> {
  let ended: ExitName = 'done'
  const program = commandLine(async (spec, words, flags) => {
    ended = await execute(spec, words, flags, shell)
  })
  try {
    await program.parseAsync(args, { from: 'user' })
    return ended
  } catch (error) {
    // Help and version end by an error of code 0; of the others commander has told already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 'done' : 'usage'
    return await report(error, shell.err, process.env['TQ_DEBUG'] === '1')
  }
}

type Execute = (spec: CommandSpec, words: readonly string[], flags: Flags) => Promise<void>

function commandLine(execute: Execute): Command {
  const program = styled(new Command('taskq'))
    .description('Look at a queue of tasks, and decide over them.')
    .version(manifest.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this; each command has a help of its own')
    .helpCommand(false)
    .usage('<command> [options]')
    .addHelpText('after', programHelp())
  for (const spec of commands) program.addCommand(commandOf(spec, execute))
  return program
}

function commandOf(spec: CommandSpec, execute: Execute): Command {
  const command = styled(new Command(spec.name))
    .summary(spec.says)
    .description(spec.details)
    .helpGroup(`${spec.group}:`)
    .helpOption('-h, --help', 'print this')
    .addArgument(argumentOf(spec))
    .allowExcessArguments(false)
    .addHelpText('after', commandHelp(spec))
  const names: readonly OptionName[] = [...spec.options, 'queue', 'envFile']
  for (const name of names) command.addOption(optionOf(options[name]))
  return command.action(async (given: string | readonly string[] | undefined, flags: Flags) => {
    await execute(spec, given === undefined ? [] : [given].flat(), flags)
  })
}

function argumentOf({ takes }: CommandSpec): Argument {
  switch (takes) {
    case 'queue':
      return new Argument('[queue]', 'the queue, such as sqlite:queue.db')
    case 'ids':
      return new Argument('<id...>', 'the tasks; ids that begin with - go behind --')
    case 'some ids':
      return new Argument('[id...]', 'the tasks, or all; ids that begin with - go behind --')
  }
}

function optionOf({ flags, says, read }: OptionSpec): Option {
  const option = new Option(flags, says)
  if (read === undefined) return option
  return option.argParser(text => {
    try {
      return read(text)
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
    }
  })
}

/** Errors as sentences of `taskq:`, and help no wider than 80 columns. */
function styled(command: Command): Command {
  const columns = () => Math.min(process.stdout.columns || 80, 80)
  return command
    .exitOverride()
    .showHelpAfterError(
      `See: ${command.name() === 'taskq' ? '' : 'taskq '}${command.name()} --help`,
    )
    .configureHelp({
      styleTitle: title => `\u001b[1m${title}\u001b[22m`,
      subcommandTerm: each => `${each.name()} ${each.usage().replace('[options] ', '')}`,
    })
    .configureOutput({
      getOutHelpWidth: columns,
      getErrHelpWidth: columns,
      outputError: (text, write) => write(safeLines(text.replace(/^error: /, 'taskq: '))),
    })
}

/** Opens the queue that is meant, runs the command on it and closes it whatever happens. */
async function execute(
  spec: CommandSpec,
  words: readonly string[],
  flags: Flags,
  shell: Shell,
): Promise<ExitName> {
  const { whichQueue } = await import('./which-queue.ts')
  const takesQueue = spec.takes === 'queue'
  const ids = takesQueue ? [] : [...new Set(words)]
  const positional = takesQueue ? words[0] : undefined
  const name = await whichQueue(positional, ids, flags, process.env)
  const [{ openQueue }, command] = await Promise.all([import('../queue/open.ts'), spec.load()])
  const queue = await openQueue(name, { create: false })
  try {
    return await command.run(shell, queue, { ids, flags })
  } finally {
    await queue.close()
  }
}
