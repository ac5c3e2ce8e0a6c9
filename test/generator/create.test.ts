import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT, readPackages } from '../../tools/workspaces.ts'
import { install, nodeIn, packAndInstall, tarballOf } from '../support/tarballs.ts'

const folder = mkdtempSync(join(tmpdir(), 'taskq-create-'))
const packages = readPackages()
const runtime = packages.find(({ name }) => name === 'taskq-runtime')

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a project made by the packed create-taskq-project', () => {
  const project = join(folder, 'my-job')

  beforeAll(() => {
    packAndInstall(folder, packages)
    const created = create('my-job', '--yes')
    expect(created.status, created.output).toBe(0)
    if (runtime) install(project, join(project, 'vendor', tarballOf(runtime)), runtime)
  })

  test('inserts its rows once, works them off and prints a result for each', () => {
    expect(script('insert-tasks')).toBe('Inserted 100/100 tasks!\n')
    expect(script('insert-tasks')).toBe('Inserted 0/100 tasks!\n')
    expect(script('status')).toMatch(/^ready +100$/m)
    expect(script('run-tasks')).toMatch(/^Ran 100 tasks; 0 failed, 0 /)
    expect(script('status')).toMatch(/^done +100$/m)
    const results = script('results').trimEnd().split('\n')
    expect(results).toHaveLength(100)
    expect(results).toContain('{"id":"row-12","result":{"square":144}}')
  })

  test('type-checks under our own strict settings', () => {
    const settings = {
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: { typeRoots: [join(ROOT, 'node_modules/@types')] },
      include: ['*.ts'],
    }
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(settings))
    const checked = nodeIn(project, join(ROOT, 'node_modules/typescript/bin/tsc'))
    expect(checked.status, checked.output).toBe(0)
  })

  test('has a .gitignore and names its queue in config/task.env', () => {
    expect(readFileSync(join(project, '.gitignore'), 'utf8')).toContain('node_modules/')
    const env = readFileSync(join(project, 'config/task.env'), 'utf8')
    expect(env).toMatch(/^TASKQUEUE_PATH=sqlite:queue\.db$/m)
  })

  test('is not made over files that are there, unless by --force', () => {
    const refused = create('my-job', '--yes')
    expect([refused.status, refused.output]).toEqual([64, expect.stringContaining('not empty')])
    expect(create('my-job', '--yes', '--force').status).toBe(0)
  })

  test('is not made from an answer that would break its env file', () => {
    const refused = create('other-job', '--yes', '--queue', '$(touch x)')
    expect([refused.status, refused.output]).toEqual([
      64,
      expect.stringContaining('cannot stand in an env file'),
    ])
  })

  function script(name: string): string {
    const ran = spawnSync('npm', ['run', '--silent', name], { cwd: project, encoding: 'utf8' })
    expect(ran.status, ran.stderr).toBe(0)
    return ran.stdout
  }
})

function create(...args: readonly string[]) {
  mkdirSync(folder, { recursive: true })
  return nodeIn(folder, join(folder, 'node_modules/create-taskq-project/main.js'), ...args)
}
