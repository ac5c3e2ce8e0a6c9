import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './workspaces.ts'

/** The files of the repository that git keeps or would keep, relative to its root, in order. */
export function repositoryFiles(root: string = ROOT): readonly string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const ran = spawnSync('git', args, { cwd: root, encoding: 'utf8' })
  if (ran.status !== 0) throw new Error(`git ls-files failed in ${root}: ${ran.stderr}`)
  const files = ran.stdout.split('\0').filter(file => file !== '')
  return files.filter(file => existsSync(join(root, file))).toSorted()
}
