/**
 * The demo of README.md: makes the fractal's project in a temporary folder and runs it, by nothing but
 * the commands that its users have.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './workspaces.ts'

const parent = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'taskq-demo-'))
const project = join(parent, 'fractal')

say('Packing what a project carries ...')
run(ROOT, [process.execPath, join(ROOT, 'tools/pack.ts')], 'ignore')
const answers = ['--example', 'fractal', '--yes', '--no-git']
shell(`npm create taskq-project fractal -- ${answers.join(' ')}`)
const create = join(ROOT, 'src/create/main.ts')
run(parent, [process.execPath, create, 'fractal', ...answers], 'inherit')
for (const words of [
  ['insert-tasks'],
  ['launch-worker', '--', '--until', 'drained'],
  ['results', '--', '--out', 'results.csv'],
  ['picture'],
]) {
  shell(`npm run ${words.join(' ')}`)
  run(project, ['npm', 'run', '--silent', ...words], 'inherit')
}

say(`
The table is in   ${join(project, 'results.csv')}
The picture is in ${join(project, 'picture.png')}

What to try next, in ${project}:
  npm run status                        where it stands
  npx taskq show tasks.feather:420      all that is known of one tile
  code task.ts                          your function; then: npm test
  npm run insert-tasks -- --again       the same tiles once more; kill -9 a worker on the way
README.md there goes on from the laptop to a container.`)

/** Runs a command to its end; ends with its exit code when that is not 0. */
function run(
  cwd: string,
  [program = '', ...args]: readonly string[],
  stdout: 'inherit' | 'ignore',
) {
  // What npm ci of this repository fetched lies in npm's cache: the demo takes it from there.
  const env = { ...process.env, npm_config_prefer_offline: 'true' }
  const ran = spawnSync(program, args, { cwd, env, stdio: ['inherit', stdout, 'inherit'] })
  if (ran.status !== 0) process.exit(ran.status ?? 1)
}

function shell(command: string): void {
  say(`\n$ ${command}`)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
