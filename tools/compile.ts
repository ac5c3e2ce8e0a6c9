import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ROOT, readPackages } from './workspaces.ts'

/** What tsc is to write: everything that is published, or the bare types for the API snapshot. */
export type Emit = 'published' | 'bare-declarations'

/**
 * Compiles every package's sources into `folder`, which is made anew, laid out as in the repository.
 * Throws with the compiler's own words when they do not compile.
 */
export function compile(folder: string, emit: Emit, root: string = ROOT): void {
  const outDir = resolve(folder)
  rmSync(outDir, { recursive: true, force: true })
  mkdirSync(outDir, { recursive: true })
  const project = join(outDir, 'tsconfig.json')
  writeFileSync(project, JSON.stringify(settings(root, outDir, emit)))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const ran = spawnSync(process.execPath, [tsc, '--project', project], { encoding: 'utf8' })
  if (ran.error) throw new Error('tsc could not be started; run npm ci.', { cause: ran.error })
  if (ran.status !== 0) throw new Error(`The sources do not compile:\n${ran.stdout}${ran.stderr}`)
}

function settings(root: string, outDir: string, emit: Emit): object {
  const folders = readPackages(root).map(({ folder }) => (folder === '.' ? 'generators' : folder))
  return {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      rootDir: root,
      outDir,
      // The settings may lie outside the repository, where no types would be found.
      typeRoots: [join(root, 'node_modules/@types')],
      ...(emit === 'bare-declarations' && { emitDeclarationOnly: true, removeComments: true }),
    },
    include: folders.map(folder => join(root, folder, '**/*.ts')),
    exclude: ['**/node_modules', join(root, 'build')],
  }
}
