import { existsSync, readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import TaskqProject from 'generator-taskq-project/app'
import { createEnv } from 'yeoman-environment'
import manifest from './package.json' with { type: 'json' }

const HELP = `Usage: create-taskq-project <folder> [options]

Makes a new project in <folder>. What is not given is asked.

  --queue <url>  where the tasks wait (default: sqlite:queue.db)
  --yes          ask nothing, take what is usual
  --force        overwrite files that are there without asking
  --version      print the version
  --help         print this

Example:
  create-taskq-project my-job --queue sqlite:queue.db
`

/** Runs the generator of generator-taskq-project; answers the exit code: 0 done, 64 refused. */
export async function run(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: OPTIONS,
    })
    if (values.help) return print(HELP)
    if (values.version) return print(`${manifest.version}\n`)
    const [folder, ...rest] = positionals
    if (folder === undefined || rest.length > 0)
      throw new Error('name one folder, as in: create-taskq-project my-job')
    await generate(folder, values)
    return 0
  } catch (error) {
    const sentence = error instanceof Error ? error.message : String(error)
    process.stderr.write(`create-taskq-project: ${sentence}\n`)
    return 64
  }
}

const OPTIONS = {
  queue: { type: 'string' },
  yes: { type: 'boolean' },
  force: { type: 'boolean' },
  version: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

interface Options {
  readonly queue?: string
  readonly yes?: boolean
  readonly force?: boolean
}

async function generate(folder: string, options: Options): Promise<void> {
  const { force = false } = options
  // Without a terminal nobody can answer, be it a question or what to do with a file that is there.
  const yes = options.yes ?? !process.stdin.isTTY
  if (yes && !force && existsSync(folder) && readdirSync(folder).length > 0) {
    throw new Error(`${folder} is not empty; name another folder, or overwrite by --force.`)
  }
  const environment = createEnv({ cwd: process.cwd(), force })
  environment.register(TaskqProject, { namespace: NAMESPACE })
  const answers: object = { ...options, yes }
  await environment.run([NAMESPACE, folder], answers)
}

const NAMESPACE = 'taskq-project:app'

function print(text: string): number {
  process.stdout.write(text)
  return 0
}
