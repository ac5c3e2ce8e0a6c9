import { Command, CommanderError } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import { fitCommand } from './fit.ts'
import { planCommand } from './plan.ts'

/** Runs the command line; answers the exit code: 0 done, 1 dearer than allowed, 64 wrong usage or values. */
export async function run(args: readonly string[]): Promise<number> {
  let exitCode = 0
  const done = (code: number) => {
    exitCode = code
  }
  const program = new Command('taskq-deploy')
    .description(manifest.description)
    .version(manifest.version)
    .showHelpAfterError('Add --help for what can be asked, with examples.')
    .configureHelp({ helpWidth: 80 })
    .exitOverride()
  for (const command of [fitCommand(done), planCommand(done)]) {
    program.addCommand(command.copyInheritedSettings(program))
  }
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : USAGE
  }
}

/** EX_USAGE of sysexits.h. */
const USAGE = 64
