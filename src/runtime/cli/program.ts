import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { type ExitName, exitCodes } from '../config/exit-codes.ts'
import type { TaskModule } from '../insert/task-module.ts'
import manifest from '../package.json' with { type: 'json' }
import type { Queue } from '../queue/queue.ts'
import { safeLines } from '../terminal/safe.ts'
import { type CommandSpec, commands } from './catalogue.ts'
import { commandHelp, programHelp } from './help.ts'
import { type Flags, type OptionName, type OptionSpec, options } from './options.ts'
import { report } from './report.ts'
import { openShell, type Shell } from './shell.ts'
import { type Words, type WorkingModule, type WorkingOption, workingCommands } from './working.ts'

/**
 * Runs the command line; answers the exit code. What a program of the project's own gives goes before
 * what its task file exports.
 */
export async function run(args: readonly string[], given: TaskModule = {}): Promise<number> {
  const shell = openShell()
  let ended: number = exitCodes.done
  try {
    const program = emptyProgram()
    await addWorking(program, args, async (run, words) => {
      ended = await run(shell, { ...words, given })
    })
    for (const spec of commands)
      program.addCommand(
        commandOf(spec, async (_, words, flags) => {
          ended = exitCodes[await execute(spec, words, flags, shell)]
        }),
      )
    await program.parseAsync(args, { from: 'user' })
    return ended
  } catch (error) {
    // Help and version end by an error of code 0; of the others commander has told already.
    if (error instanceof CommanderError) return exitCodes[error.exitCode === 0 ? 'done' : 'usage']
    return exitCodes[await report(error, shell.err, process.env['TQ_DEBUG'] === '1')]
  }
}

type Execute = (spec: CommandSpec, words: readonly string[], flags: Flags) => Promise<void>

function emptyProgram(): Command {
  return styled(new Command('taskq'))
    .description('Make tasks of a table, run them, look at their queue and decide over them.')
    .version(manifest.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this; each command has a help of its own')
    .helpCommand(false)
    .usage('<command> [options]')
    .addHelpText('after', programHelp())
}

/** The working commands; only the one that is meant is loaded. */
async function addWorking(
  program: Command,
  args: readonly string[],
  act: (run: WorkingModule['run'], words: Omit<Words, 'given'>) => Promise<void>,
): Promise<void> {
  // What stands behind `--` is the task's own and must not be read as ours.
  const end = args.indexOf('--')
  const rest = end < 0 ? [] : args.slice(end + 1)
  for (const spec of workingCommands) {
    const { name, argument, says, details } = spec
    const command = styled(new Command(name))
      .summary(says)
      .description(details)
      .helpGroup('Working:')
      .helpOption('-h, --help', 'print this')
      .addHelpText('after', commandHelp(spec))
    if (argument !== undefined)
      command.addArgument(new Argument(`[${argument.name}]`, argument.says))
    program.addCommand(command)
    if (args[0] !== name) continue
    const { options: own, run } = await spec.load()
    for (const option of own) command.addOption(workingOptionOf(option))
    command.allowExcessArguments(rest.length > 0)
    command.action(async () => {
      const ours = command.args.slice(0, command.args.length - rest.length)
      if (ours.length > (argument === undefined ? 0 : 1))
        command.error('error: too many arguments before --')
      const words = { word: ours[0], rest, flags: command.opts(), env: process.env }
      await act(run, words)
    })
  }
}

function workingOptionOf({ flags, says, repeats }: WorkingOption): Option {
  const option = new Option(flags, says)
  if (repeats !== true) return option
  return option.argParser((text: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    text,
  ])
}

function commandOf(spec: CommandSpec, execute: Execute): Command {
  const command = styled(new Command(spec.name))
    .summary(spec.says)
    .description(spec.details)
    .helpGroup(`${spec.group}:`)
    .helpOption('-h, --help', 'print this')
    .allowExcessArguments(false)
    .addHelpText('after', commandHelp(spec))
  for (const argument of argumentsOf(spec)) command.addArgument(argument)
  const which: readonly OptionName[] = spec.takes === 'two queues' ? [] : ['queue', 'envFile']
  for (const name of [...spec.options, ...which]) command.addOption(optionOf(options[name]))
  return command.action(async () => {
    await execute(spec, command.args, command.opts())
  })
}

function argumentsOf({ takes }: CommandSpec): readonly Argument[] {
  switch (takes) {
    case 'queue':
      return [new Argument('[queue]', 'the queue, such as sqlite:queue.db')]
    case 'ids':
      return [new Argument('<id...>', 'the tasks; ids that begin with - go behind --')]
    case 'some ids':
      return [new Argument('[id...]', 'the tasks, or all; ids that begin with - go behind --')]
    case 'two queues':
      return [
        new Argument('<from>', 'the queue the tasks are in, such as sqlite:queue.db'),
        new Argument('<to>', 'the queue they go to; a file is made, a queue of a cloud is not'),
      ]
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
      // The longest options leave 31 columns, below which commander would not wrap.
      minWidthToWrap: 24,
      styleTitle: title => `\u001b[1m${title}\u001b[22m`,
      subcommandTerm: each => `${each.name()} ${each.usage().replace('[options] ', '')}`,
    })
    .configureOutput({
      getOutHelpWidth: columns,
      getErrHelpWidth: columns,
      outputError: (text, write) => write(safeLines(text.replace(/^error: /, 'taskq: '))),
    })
}

/** Opens the queue that is meant, where it has to be there, and closes it whatever happens. */
async function execute(
  spec: CommandSpec,
  words: readonly string[],
  flags: Flags,
  shell: Shell,
): Promise<ExitName> {
  const command = await spec.load()
  if ('runBetween' in command) {
    const [from = '', to = ''] = words
    return await command.runBetween(shell, { from, to, flags })
  }
  const { whichQueue } = await import('./which-queue.ts')
  const takesQueue = spec.takes === 'queue'
  const ids = takesQueue ? [] : [...new Set(words)]
  const positional = takesQueue ? words[0] : undefined
  const name = await whichQueue(positional, ids, flags, process.env)
  if ('runNamed' in command) return await command.runNamed(shell, name, { ids, flags })
  const { openQueue } = await import('../queue/open.ts')
  const opened = await openQueue(name, { create: false })
  try {
    const queue = spec.outcomes ? await onShelf(opened, shell) : opened
    return await command.run(shell, queue, { ids, flags })
  } finally {
    await opened.close()
  }
}

/** Outcomes that lie beside the queue are brought here first. */
async function onShelf(queue: Queue, { err, signal }: Shell): Promise<Queue> {
  if (queue.driver.tasks !== undefined) return queue
  const { withShelf } = await import('../results/shelved.ts')
  return await withShelf(queue, { signal, tell: sentence => err.line(safeLines(sentence)) })
}
