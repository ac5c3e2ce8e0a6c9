import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compile } from './compile.ts'
import { snapshots } from './declarations.ts'
import { missingEntries, ROOT, readPackages } from './workspaces.ts'

const HELP = `Usage: npm run api [-- --update]

Compares the public API of every package with the snapshot in test/api and shows what differs.
--update writes the snapshot anew: look at the change before you commit it.

Ends with 0 when they are the same, 1 when they differ, 64 on wrong usage.
`

const SAVED = 'test/api'
const CURRENT = 'build/api'

process.exitCode = main()

function main(): number {
  const mode = parse()
  if (typeof mode === 'number') return mode
  const entries = writeSnapshots(mode === 'update' ? SAVED : CURRENT)
  if (mode === 'update') {
    console.log(`${SAVED} holds the API of ${entries} entry points.`)
    return 0
  }
  const args = ['diff', '--no-index', '--no-color', '--', SAVED, CURRENT]
  const diff = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' })
  if (diff.status === 0) {
    console.log(`The API of ${entries} entry points is as ${SAVED} has it.`)
    return 0
  }
  console.log(diff.stdout)
  console.error(diff.stderr || CHANGED)
  return 1
}

const CHANGED = 'The public API changed. If it was meant to: npm run api -- --update'

function parse(): 'compare' | 'update' | number {
  try {
    const { values } = parseArgs({
      options: { update: { type: 'boolean' }, help: { type: 'boolean' } },
    })
    if (!values.help) return values.update ? 'update' : 'compare'
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
  const all = readPackages()
    .filter(each => missingEntries(each).length === 0)
    .flatMap(each => snapshots(each, emitted))
  const folder = join(ROOT, target)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const { file, text } of all) writeFileSync(join(folder, file), text)
  return all.length
}
