import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Creator, installCreator, withoutPeople } from '../support/create.ts'
import { linkPackages, npmRun } from '../support/emitted.ts'
import { needProgram } from '../support/need.ts'
import { relay } from '../support/relay.ts'

const folder = mkdtempSync(join(tmpdir(), 'taskq-create-'))
let creator: Creator

beforeAll(() => {
  creator = installCreator(join(folder, 'tool'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a project made by the packed create-taskq-project', () => {
  const project = join(folder, 'my-job')

  beforeAll(() => {
    const created = create('my-job', '--yes', '--skip-install')
    expect(created.status, created.err).toBe(0)
    expect(created.out).toContain('npm run insert-tasks')
    expect(created.err).toMatch(/^ +create my-job\/\.yo-rc\.json$/m)
    linkPackages(project)
  })

  test('goes from the table to results by its own scripts', () => {
    expect(npmRun(project, 'insert-tasks').out).toContain('Inserted 100, there already 0')
    expect(npmRun(project, 'insert_tasks').out).toContain('Inserted 0, there already 100')
    expect(npmRun(project, 'launch-worker', '--', '--until', 'drained').status).toBe(0)
    expect(npmRun(project, 'status').out).toMatch(/^done +100$/m)
    const results = npmRun(project, 'results', '--', '--out', 'results.csv')
    expect([results.status, results.err]).toEqual([0, '100 results of 100 tasks.\n'])
    const lines = readFileSync(join(project, 'results.csv'), 'utf8').trimEnd().split('\n')
    expect(lines).toHaveLength(101)
    expect(lines[1]).toMatch(/^tasks\.feather:\d+,157\d+,3\.1/)
  })

  test('takes another env file by -e', () => {
    const other = readFileSync(join(project, 'config/task.env'), 'utf8')
    writeFileSync(join(project, 'config/other.env'), other.replace('queue.db', 'other.db'))
    expect(
      npmRun(project, 'insert-tasks', '--', '-e', 'config/other.env', '-n', '3').out,
    ).toContain('Inserted 3,')
    expect(existsSync(join(project, 'data/other.db'))).toBe(true)
  })

  test('passes its own tests, its type check and its lint', () => {
    for (const name of ['test', 'typecheck', 'lint']) {
      const ran = npmRun(project, name)
      expect(ran.status, `${name}: ${ran.out}${ran.err}`).toBe(0)
    }
  })

  test('fails its own tests when the task is broken', () => {
    const file = join(project, 'task.ts')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace('4 * hits', '5 * hits'))
    expect(npmRun(project, 'test').status).toBe(1)
    writeFileSync(file, text)
  })

  test('is left alone by an update, but for what the templates and the answers changed', () => {
    writeFileSync(join(project, 'task.ts'), '// mine\n')
    rmSync(join(project, 'LICENSE'))
    const same = create('my-job', '--update', '--skip-install')
    expect([same.status, same.out]).toEqual([0, expect.stringContaining('changed by you only')])
    expect(same.out.match(/Nothing changed/g)).toBeNull()
    expect(readFileSync(join(project, 'task.ts'), 'utf8')).toBe('// mine\n')
    const changed = create('my-job', '--yes', '--format', 'csv', '--skip-install')
    expect(changed.status, changed.err).toBe(0)
    expect(changed.err).toMatch(/^ +update my-job\/README\.md$/m)
    expect(changed.err).toMatch(/^ +remove my-job\/tasks\.feather$/m)
    expect(changed.err).not.toContain('force')
    expect(readdirSync(project)).toEqual(expect.arrayContaining(['tasks.csv']))
    expect(existsSync(join(project, 'tasks.feather'))).toBe(false)
    expect(existsSync(join(project, 'LICENSE'))).toBe(false)
    expect(manifest().devDependencies).toHaveProperty('csv-parse')
  })

  test('keeps what the user added to package.json, whose lock is then npm’s to write', () => {
    const file = join(project, 'package.json')
    const mine = { ...manifest(), scripts: { ...manifest().scripts, mine: 'echo mine' } }
    writeFileSync(file, JSON.stringify(mine))
    expect(create('my-job', '--yes', '--format', 'ndjson', '--skip-install').status).toBe(0)
    expect(manifest().scripts).toMatchObject({ mine: 'echo mine' })
    expect(manifest().devDependencies).not.toHaveProperty('csv-parse')
  })

  test('shows what both changed and overwrites it only by --force', () => {
    writeFileSync(join(project, 'README.md'), 'mine\n')
    const args = ['my-job', '--yes', '--format', 'csv', '--skip-install'] as const
    const refused = create(...args)
    expect([refused.status, refused.err]).toEqual([
      64,
      expect.stringMatching(/README\.md.*--force/),
    ])
    expect(readFileSync(join(project, 'README.md'), 'utf8')).toBe('mine\n')
    const shown = create('my-job', '--yes', '--format', 'csv', '--dry-run')
    expect(shown.out).toMatch(/README\.md +changed by you and by the templates/)
    expect(create(...args, '--force').status).toBe(0)
    expect(readFileSync(join(project, 'README.md'), 'utf8')).toContain('# my-job')
  })

  test('gets a second task that runs beside the first', () => {
    expect(create('my-job', '--yes', '--task', 'clean', '--skip-install').status).toBe(0)
    linkPackages(project)
    expect(npmRun(project, 'insert-clean').out).toContain('Inserted 100,')
    expect(npmRun(project, 'work-clean', '--', '--until', 'drained').status).toBe(0)
    expect(npmRun(project, 'results-clean').err).toBe('100 results of 100 tasks.\n')
  })

  function manifest() {
    return JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
  }
})

describe('create-taskq-project', () => {
  test('asks nothing without a terminal, and writes nothing with --dry-run', () => {
    const listed = create('paper', '--dry-run')
    expect([listed.status, listed.out]).toEqual([0, expect.stringMatching(/task\.ts +new/)])
    expect(existsSync(join(folder, 'paper'))).toBe(false)
  })

  test('makes a project in a folder that any shell would trip over', () => {
    const name = `it's "my" $(touch x) {{job}} ü`
    const created = create(name, '--yes', '--skip-install', '--author', 'Ada "the" <a@b.c>')
    expect(created.status, created.err).toBe(0)
    expect(created.out).toContain(`cd 'it'\\''s "my" $(touch x) {{job}} ü'`)
    const project = join(folder, name)
    expect(JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))).toMatchObject({
      name: 'it-s-my-touch-x-job-u',
      author: 'Ada "the" <a@b.c>',
    })
    linkPackages(project)
    expect(npmRun(project, 'insert-tasks').out).toContain('Inserted 100,')
    expect(npmRun(project, 'launch-worker', '--', '--until', 'drained').status).toBe(0)
    expect(npmRun(project, 'results').err).toBe('100 results of 100 tasks.\n')
  })

  test.each([
    ['a folder that is not empty', ['tool', '--yes'], /tool is not empty; name another folder/],
    ['an answer that breaks an env file', ['x', '--yes', '--queue-url', '$(id)'], /env file/],
    ['an option that is none', ['x', '--yess'], /Unknown option '--yess'/],
    ['a task that cannot be', ['my-job', '--yes', '--task', '../x'], /cannot name a task/],
  ])('refuses %s with a sentence, and writes nothing', (_, args, sentence) => {
    const before = readdirSync(folder)
    const refused = create(...args)
    expect([refused.status, refused.err]).toEqual([64, expect.stringMatching(sentence)])
    expect(refused.err.trimEnd().split('\n')).toHaveLength(1)
    expect(readdirSync(folder)).toEqual(before)
  })

  test.for([
    ['a name', { USER: 'root', HOME: '/' }],
    ['a home', { USER: '', LOGNAME: '', HOME: '/root' }],
  ] as const)('refuses a folder of another, and knows by %s whose it was', ([, known], context) => {
    if (process.getuid?.() === 0) needProgram(context, 'setpriv', 'util-linux')
    const locked = join(folder, 'locked')
    mkdirSync(locked, { recursive: true })
    chmodSync(folder, 0o755)
    chmodSync(locked, 0o555)
    const args = [creator.main, 'locked/my-job', '--yes', '--skip-install']
    const env = withoutPeople({ ...process.env, ...known })
    const ran =
      process.getuid?.() === 0
        ? spawnSync('setpriv', ['--reuid=65534', '--clear-groups', process.execPath, ...args], {
            cwd: folder,
            encoding: 'utf8',
            env,
          })
        : spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env })
    expect([ran.status, ran.stderr]).toEqual([
      64,
      expect.stringMatching(/locked is not yours to write into\. yo gives the rights/),
    ])
    chmodSync(locked, 0o755)
  })

  test('says on an old Node what to do, before Yeoman breaks on it', () => {
    const versions = '{ versions: { value: { node: "20.20.2" } } }'
    const script = `Object.defineProperties(process, ${versions})`
    const old = `data:text/javascript,${encodeURIComponent(script)}`
    const main = join(folder, 'tool/node_modules/generator-taskq-project/generators/app/index.js')
    const ran = spawnSync(process.execPath, ['--import', old, main], { encoding: 'utf8' })
    expect([ran.status, ran.stderr]).toEqual([
      1,
      expect.stringContaining('and yo runs on 20.20.2. Use npm create taskq-project'),
    ])
  })

  test('leaves a whole project when npm cannot be run, and says what is left to do', () => {
    const env = withoutPeople({ ...process.env, PATH: join(folder, 'no-such-folder') })
    const args = [creator.main, 'half', '--yes', '--git']
    const ran = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env })
    expect(ran.status).toBe(1)
    expect(ran.stdout).toMatch(/npm ci .*The project is all there; npm install in it does the rest/)
    const project = join(folder, 'half')
    expect(existsSync(join(project, '.git'))).toBe(false)
    linkPackages(project)
    expect(npmRun(project, 'insert-tasks').out).toContain('Inserted 100,')
  })

  test('writes nothing when Ctrl-C is pressed in a prompt', async context => {
    needProgram(context, 'python3')
    const child = spawn('python3', ['-c', relay, process.execPath, creator.main, 'never'], {
      ...{ cwd: folder, env: { ...withoutPeople(process.env), TERM: 'xterm' } },
    })
    let shown = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text
      if (shown.includes('Name of the project') && !child.stdin.writableEnded)
        child.stdin.end('\x03')
    })
    const code = await new Promise(resolve => child.once('close', resolve))
    expect([code, shown]).toEqual([130, expect.stringContaining('Nothing was written.')])
    expect(existsSync(join(folder, 'never'))).toBe(false)
  })
})

function create(...args: readonly string[]) {
  return creator.create(folder, ...args)
}
