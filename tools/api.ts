import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compile } from './compile.ts'
import { snapshots } from './declarations.ts'
import { ROOT, readPackages } from './workspaces.ts'

const HELP = `Usage: npm run api [-- --update | --saved <folder>]

Compares the public API of every package with the snapshot in test/api and
shows what differs.
--update writes the snapshot anew: look at the change before you commit it.
--saved compares with the snapshot in another folder.

Ends with 0 when they are the same, 1 when they differ, 64 on wrong usage.
`

const SAVED = 'test/api'
const CURRENT = 'build/api'
const OPTIONS = {
  update: { type: 'boolean', default: false },
  saved: { type: 'string', default: SAVED },
  help: { type: 'boolean', default: false },
} as const
const CHANGED = 'The public API changed. If it was meant to: npm run api -- --update'

try {
  process.exitCode = main()
} catch (error) {
  console.error(`api: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}

function main(): number {
  const asked = parse()
  if (typeof asked === 'number') return asked
  const entries = writeSnapshots(asked.update ? SAVED : CURRENT)
  if (asked.update) {
    console.log(`${SAVED} holds the API of ${entries} entry points.`)
    return 0
  }
  const args = ['diff', '--no-index', '--no-color', '--', asked.saved, CURRENT]
  const diff = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' })
  if (diff.status === 0) {
    console.log(`The API of ${entries} entry points is as ${asked.saved} has it.`)
    return 0
  }
  console.log(diff.stdout)
  console.error(diff.stderr || CHANGED)
  return 1
}

interface Asked {
  readonly update: boolean
  readonly saved: string
}

/** What the command line asks for, or the exit code when there is nothing to do. */
function parse(): Asked | number {
  try {
    const { values } = parseArgs({ options: OPTIONS })
    if (!values.help) return values
    console.log(HELP)
    return 0
  } catch (error) {
    console.error(`api: ${error instanceof Error ? error.message : String(error)}`)
    return 64
  }
}

/** Writes the API as it is into `target`, which is made anew, and answers the number of entry points. */
function writeSnapshots(target: string): number {
  const emitted = join(ROOT, 'build/declarations')
  compile(emitted, 'bare-declarations')
  const all = readPackages().flatMap(each => snapshots(each, emitted))
  const folder = join(ROOT, target)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const { file, text } of all) writeFileSync(join(folder, file), text)
  return all.length
}
