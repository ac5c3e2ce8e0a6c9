import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flagOf, type QuestionName } from '../../generators/app/options.ts'
import { queues } from '../../generators/app/queues.ts'
import { choices } from '../generator/kit.ts'
import { type Creator, installCreator } from '../support/create.ts'
import { npmRun } from '../support/emitted.ts'
import { pairwise } from '../support/pairs.ts'

const folder = mkdtempSync(join(tmpdir(), 'taskq-projects-'))
let creator: Creator

beforeAll(() => {
  creator = installCreator(join(folder, 'tool'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What changes which packages there are and what runs; a licence is a matter of text. */
const { licence: _, storage: __, ...telling } = choices

describe.each(pairwise(telling).map(row => [Object.values(row).join(' '), row] as const))(
  'a project of %s',
  (name, row) => {
    const project = join(folder, name.replaceAll(' ', '-'))

    afterAll(() => rmSync(project, { recursive: true, force: true }))

    test('is made and installed by its lock, which is what npm would write', () => {
      const flags = Object.entries(row).map(([question, answer]) => {
        const flag = flagOf(question as QuestionName)
        if (typeof answer === 'string') return `--${flag}=${answer}`
        return answer ? `--${flag}` : `--no-${flag}`
      })
      const created = creator.create(folder, project, '--yes', '--no-git', ...flags)
      expect(created.status, created.out + created.err).toBe(0)
      const lock = readFileSync(join(project, 'package-lock.json'), 'utf8')
      expect(npm(project, 'install', '--package-lock-only').status).toBe(0)
      expect(readFileSync(join(project, 'package-lock.json'), 'utf8')).toBe(lock)
    })

    test.each(['typecheck', 'lint', 'test'])('passes its own npm run %s', script => {
      const ran = npmRun(project, script)
      expect(ran.status, ran.out + ran.err).toBe(0)
    })

    // A queue of a cloud is somebody's account; its driver has tests of its own.
    if (queues[row.queue]?.isLocal !== true) return
    test('goes from its table to results', () => {
      const rows = row.example === 'fractal' ? 1000 : 100
      expect(npmRun(project, 'try').err).toMatch(/^ *result +after/m)
      expect(npmRun(project, 'insert-tasks').out).toContain('there already 0')
      const worked = npmRun(project, 'launch-worker', '--', '--until', 'drained')
      expect(worked.status, worked.err).toBe(0)
      const results = npmRun(project, 'results', '--', '--out', 'results.csv')
      expect(results.err).toContain(`${rows.toLocaleString('en-US')} results of`)
      if (row.example !== 'fractal') return
      expect(npmRun(project, 'picture').status).toBe(0)
      const png = readFileSync(join(project, 'picture.png'))
      expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1280, 800])
    })
  },
)

describe('a project', () => {
  test('takes at most 10 MB to run, and none of the tools of development', () => {
    const project = join(folder, 'lean')
    expect(creator.create(folder, 'lean', '--yes', '--skip-install').status).toBe(0)
    expect(npm(project, 'ci', '--omit=dev').status).toBe(0)
    const modules = join(project, 'node_modules')
    const files = readdirSync(modules, { recursive: true, withFileTypes: true })
    const bytes = files
      .filter(file => file.isFile())
      .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
    expect(bytes).toBeLessThan(10e6)
    expect(readdirSync(modules)).not.toContain('apache-arrow')
    expect(npmRun(project, 'status').status).toBe(64)
  })

  test('is whole without a network, and npm install completes it later', () => {
    const cache = join(folder, 'empty-cache')
    mkdirSync(cache)
    const env = { npm_config_offline: 'true', npm_config_cache: cache }
    const created = creator.createWith(env, folder, 'alone', '--yes', '--no-git')
    expect([created.status, created.out]).toEqual([1, expect.stringContaining('is all there')])
    const project = join(folder, 'alone')
    expect(npm(project, 'install').status).toBe(0)
    expect(npmRun(project, 'test').status).toBe(0)
  })
})

/** npm as a user runs it, from its cache where it can. */
function npm(project: string, ...args: readonly string[]) {
  const words = [...args, '--prefer-offline', '--no-audit', '--no-fund']
  return spawnSync('npm', words, { cwd: project, encoding: 'utf8' })
}
