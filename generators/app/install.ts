import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Makes the folder a git repository, unless it is in one; without git it stays a folder. */
export async function makeRepository(folder: string): Promise<void> {
  if (existsSync(join(folder, '.git'))) return
  if ((await run('git', ['rev-parse', '--is-inside-work-tree'], folder, 'ignore')) === 0) return
  await run('git', ['init', '--quiet'], folder, 'ignore')
}

/** Installs the packages; answers what went wrong as a sentence, or `undefined`. */
export async function installPackages(
  folder: string,
  isLockOurs: boolean,
): Promise<string | undefined> {
  // By the lock where it fits; where the user added packages npm must work the tree out again.
  // An old npm warns of every package that asks for the Node that is installed just now.
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  const args = [isLockOurs ? 'ci' : 'install', ...quiet]
  const ended = await run('npm', args, folder, 'inherit')
  if (ended === 0) return undefined
  const how = typeof ended === 'number' ? `ended with ${ended}` : `was ended (${ended})`
  return `npm ${args[0]} ${how}. The project is all there; npm install in it does the rest.`
}

/** Runs a program to its end; answers its exit code, or why there is none. */
function run(
  program: string,
  args: readonly string[],
  cwd: string,
  stdio: 'inherit' | 'ignore',
): Promise<number | string> {
  return new Promise(resolve => {
    // A Ctrl-C reaches the program too; it is for us to say what is left to do.
    const ignore = () => {}
    process.on('SIGINT', ignore)
    const end = (code: number | string) => {
      process.off('SIGINT', ignore)
      resolve(code)
    }
    const isWindows = process.platform === 'win32'
    const options = { cwd, stdio, env: ownEnvironment(process.env), shell: isWindows }
    const child = spawn(program, [...args], options)
    child.on('error', error => end(error.message))
    child.on('close', (code, signal) => end(code ?? signal ?? 'it ended'))
  })
}

/** What npm tells the programs it runs about another project would mislead the npm of this one. */
function ownEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !misleading.test(name))
  return Object.fromEntries(kept)
}

const misleading =
  /^(npm_(package|lifecycle|command|execpath|node_execpath)|npm_config_local_prefix|INIT_CWD)/
