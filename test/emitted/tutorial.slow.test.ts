import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { installCreator } from '../support/create.ts'
import { linkPackages, npmRun } from '../support/emitted.ts'

const folder = mkdtempSync(join(tmpdir(), 'taskq-tutorial-'))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('what docs/tutorial.md has its readers paste goes from their table to results', () => {
  const creator = installCreator(join(folder, 'tool'))
  const created = creator.create(folder, 'cells', '--yes', '--format=csv', '--skip-install')
  expect(created.status, created.err).toBe(0)
  const project = join(folder, 'cells')
  linkPackages(project)
  const rows = ['864691135494192529,"data:,abc",3', '5,"data:,zz",98']
  writeFileSync(join(project, 'tasks.csv'), `cell,url,threshold\n${rows.join('\n')}\n`)
  for (const file of ['task.ts', 'task.test.ts']) writeFileSync(join(project, file), pasted(file))
  // npx would ask a registry where a link is all there is.
  const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
  const scripts = { ...manifest.scripts, types: 'taskq types tasks.csv' }
  writeFileSync(
    join(project, 'package.json'),
    `${JSON.stringify({ ...manifest, scripts }, undefined, 2)}\n`,
  )
  for (const name of ['types', 'test', 'typecheck', 'lint', 'insert-tasks', 'launch-worker']) {
    const words = name === 'launch-worker' ? ['--', '--until', 'drained'] : []
    const ran = npmRun(project, name, ...words)
    expect(ran.status, `${name}: ${ran.out}${ran.err}`).toBe(0)
  }
  expect(npmRun(project, 'results').err).toBe('2 results of 2 tasks.\n')
})

/** The block of the tutorial that begins with the name of a file. */
function pasted(file: string): string {
  const page = readFileSync('docs/tutorial.md', 'utf8')
  const [, text] = page.split(`\`\`\`ts\n// ${file}\n`)
  if (text === undefined) throw new Error(`docs/tutorial.md has no block for ${file}.`)
  return text.slice(0, text.indexOf('```'))
}
