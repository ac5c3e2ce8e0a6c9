import { parseArgs } from 'node:util'
import TaskqProject, { type CommandOption, commandOptions } from 'generator-taskq-project/app'
import { createEnv } from 'yeoman-environment'
import manifest from './package.json' with { type: 'json' }

/**
 * Runs the generator of generator-taskq-project; answers the exit code: 0 done, 1 made but not
 * installed, 64 refused, 130 ended by Ctrl-C.
 */
export async function run(args: readonly string[]): Promise<number> {
  try {
    const parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      allowNegative: true,
      options: Object.fromEntries([
        ...commandOptions.map(({ name, type }) => [name, { type }]),
        ...['version', 'help'].map(name => [name, { type: 'boolean' }]),
      ]),
    })
    const values: Readonly<Record<string, unknown>> = parsed.values
    if (values['help']) return print(help())
    if (values['version']) return print(`${manifest.version}\n`)
    const [folder, ...rest] = parsed.positionals
    if (rest.length > 0) throw new Error('name one folder, as in: npm create taskq-project my-job')
    await generate(folder, values)
    return process.exitCode === 1 ? 1 : 0
  } catch (error) {
    if (isInterruption(error)) {
      process.stderr.write('\nStopped. Nothing was written.\n')
      return 130
    }
    const sentence = error instanceof Error ? error.message : String(error)
    process.stderr.write(`create-taskq-project: ${sentence}\n`)
    return 64
  }
}

async function generate(
  folder: string | undefined,
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const environment = createEnv({ cwd: process.cwd() })
  // Yeoman would announce each error with a line of its own; ours says all there is to say.
  environment.adapter.log.error = () => environment.adapter.log
  environment.register(TaskqProject, { namespace: NAMESPACE })
  const words = folder === undefined ? [NAMESPACE] : [NAMESPACE, folder]
  await environment.run(words, { ...options } as object)
}

const NAMESPACE = 'taskq-project:app'

/** Prompts reject so when Ctrl-C is pressed in one. */
function isInterruption(error: unknown): boolean {
  return error instanceof Error && error.name === 'ExitPromptError'
}

function help(): string {
  const lines = (answers: boolean) =>
    commandOptions.filter(each => each.answers === answers).map(line)
  return `Usage: npm create taskq-project [folder] [-- options]

Makes a new project, or changes the one in the folder. What is not given is
asked.

Answers:
${lines(true).join('\n')}

How:
${lines(false).join('\n')}
  --version                Print the version
  --help                   Print this

Examples:
  npm create taskq-project my-job
  npm create taskq-project my-job -- --yes --format csv --no-git
  npm create taskq-project . -- --update
`
}

function line({ name, type, says, answers }: CommandOption): string {
  const negative = type === 'boolean' && answers
  const flag = type === 'string' ? `--${name} <text>` : `--${negative ? '[no-]' : ''}${name}`
  return `  ${flag.padEnd(24)} ${says}`
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}
