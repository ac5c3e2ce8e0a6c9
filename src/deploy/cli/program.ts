import { Argument, Command, CommanderError } from 'commander'
import { type ExitName, exitCodes, openShell, report, safeLines } from 'taskq-runtime/cli'
import type { Flags } from '../commands/flags.ts'
import { realWorld, type World } from '../commands/world.ts'
import manifest from '../package.json' with { type: 'json' }
import { type CommandSpec, commands } from './catalogue.ts'
import { fitCommand } from './fit.ts'
import { withFleetOptions } from './fleet-options.ts'
import { planCommand } from './plan.ts'

/** Runs the command line; answers the exit code. */
export async function run(
  args: readonly string[],
  world: World = realWorld(openShell()),
): Promise<number> {
  let ended: ExitName = 'done'
  const done = (exit: ExitName) => {
    ended = exit
  }
  const program = styled(new Command('taskq-deploy'))
    .description(manifest.description)
    .version(manifest.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this; each command has a help of its own')
    .helpCommand(false)
    .addHelpText('after', HELP)
  for (const command of [fitCommand(world, done), planCommand(world, done)]) {
    program.addCommand(styled(command).helpGroup('Planning:'))
  }
  for (const spec of commands) {
    program.addCommand(
      commandOf(spec, async (flags, word) => done(await (await spec.load())(world, flags, word))),
    )
  }
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCodes[ended]
  } catch (error) {
    // Help and version end by an error of code 0; of the others commander has told already.
    if (error instanceof CommanderError) return exitCodes[error.exitCode === 0 ? 'done' : 'usage']
    const isDebug = process.env['TQ_DEBUG'] === '1'
    return exitCodes[await report(error, world.shell.err, isDebug, 'taskq-deploy')]
  }
}

const HELP = `
Exit codes:
    0  all was done
    1  too dear, you said no, the fleet failed, or something that costs is left
   64  wrong usage, configuration or credentials; trying again will not mend it
   69  Google or the cluster did not answer; run the same again
   70  a fault of taskq-deploy itself; please report it
  130  ended by Ctrl-C; what is there then, and what it costs, is said

TQ_DEBUG=1 in the environment shows the stack of an error.`

function commandOf(
  spec: CommandSpec,
  act: (flags: Flags, word: string | undefined) => Promise<void>,
): Command {
  const command = styled(new Command(spec.name))
    .summary(spec.says)
    .description(spec.details)
    .helpGroup('Fleets:')
    .helpOption('-h, --help', 'print this')
    .allowExcessArguments(false)
    .addHelpText('after', `\nExamples:\n${spec.examples.map(each => `  ${each}`).join('\n')}`)
  if (spec.argument !== undefined) {
    command.addArgument(new Argument(`<${spec.argument.name}>`, spec.argument.says))
  }
  withFleetOptions(command, ['envFile', 'clusterEnv', ...spec.options])
  return command.action(async (given: unknown) => {
    await act(command.opts(), typeof given === 'string' ? given : undefined)
  })
}

/** Errors as sentences of `taskq-deploy:`, and help no wider than 80 columns. */
function styled(command: Command): Command {
  const columns = () => Math.min(process.stdout.columns || 80, 80)
  const name = command.name() === 'taskq-deploy' ? command.name() : `taskq-deploy ${command.name()}`
  return command
    .exitOverride()
    .showHelpAfterError(`See: ${name} --help`)
    .configureHelp({
      styleTitle: title => `\u001b[1m${title}\u001b[22m`,
      subcommandTerm: each => each.name(),
    })
    .configureOutput({
      getOutHelpWidth: columns,
      getErrHelpWidth: columns,
      outputError: (text, write) => write(safeLines(text.replace(/^error: /, 'taskq-deploy: '))),
    })
}
