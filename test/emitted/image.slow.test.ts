import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest'
import { installCreator } from '../support/create.ts'
import { npmRun } from '../support/emitted.ts'
import { needProgram } from '../support/need.ts'

const folder = mkdtempSync(join(tmpdir(), 'taskq-image-'))
const project = join(folder, 'my-job')

/** Without a daemon and inside a container, as a CI runner has it. */
const places = ['--root', join(folder, 'images'), '--runroot', join(folder, 'run')]
const global = ['--storage-driver', 'overlay', '--cgroup-manager', 'cgroupfs', '--runtime', 'runc']
const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=4096:4096', '--network', 'none']

beforeAll(() => {
  const { create } = installCreator(join(folder, 'tool'))
  const created = create(folder, 'my-job', '--yes', '--no-git')
  expect(created.status, created.err).toBe(0)
  const further = create(project, '.', '--task', 'clean')
  expect(further.status, further.err).toBe(0)
  expect(npmRun(project, 'insert-tasks').status).toBe(0)
  // Whoever is root here is not in the image.
  for (const file of ['data', 'data/queue.db']) chmodSync(join(project, file), 0o777)
})

afterAll(() => {
  podman('rmi', '--all', '--force')
  rmSync(folder, { recursive: true, force: true })
})

describe('the image of a project', () => {
  test('is built from the Dockerfile as it lies', context => {
    need(context)
    importBase()
    const cache = spawnSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).stdout.trim()
    const options = [
      '--platform',
      'linux/amd64',
      '--pull=never',
      '--volume',
      `${cache}:/npm-cache:O`,
    ]
    const built = podman('build', ...limits, ...options, '--tag', IMAGE, project)
    expect(built.status, built.stderr).toBe(0)
    const size = Number(inspect('{{.Size}}', IMAGE)) - Number(inspect('{{.Size}}', BASE))
    expect(size).toBeLessThan(10e6)
  })

  test('is for amd64, of no user by name, and starts the worker itself', context => {
    need(context)
    const says = inspect('{{.Architecture}} {{.Config.User}} {{json .Config.Cmd}}', IMAGE)
    expect(says).toBe('amd64 1000:1000 ["node","run.ts"]')
  })

  test('holds code and what it runs on, no settings, tables, tests or tools', context => {
    need(context)
    const list =
      "const { readdirSync: of } = require('fs'); process.stdout.write(of('.').join(' ') + '|' + of('node_modules').join(' '))"
    const ran = podman('run', '--rm', ...limits, IMAGE, 'node', '-e', list)
    const [own = '', modules = ''] = ran.stdout.split('|')
    expect(own).toBe('LICENSE clean.ts node_modules package-lock.json package.json run.ts task.ts')
    expect(modules).toMatch(/\btaskq-runtime\b/)
    expect(modules).not.toMatch(/typescript|apache-arrow|node-linux/)
  })

  test('works a queue off with the very env file, on a file system it cannot write', context => {
    need(context)
    const ran = podman(...run('--rm'), IMAGE, 'node', 'run.ts', '--until', 'drained')
    expect(ran.status, ran.stderr + ran.stdout).toBe(0)
    expect(npmRun(project, 'results').err).toBe('100 results of 100 tasks.\n')
    const refused = podman(
      ...run('--rm'),
      IMAGE,
      'node',
      '-e',
      "require('fs').writeFileSync('x','')",
    )
    expect(refused.stderr).toContain('EROFS')
  })

  test('answers SIGTERM as process 1, long before it would be killed', async context => {
    need(context)
    const child = spawn('podman', [...global, ...places, ...run('--name', 'waiting'), IMAGE])
    const ended = new Promise(resolve => child.once('close', resolve))
    let said = ''
    await new Promise<void>(resolve => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text
        if (said.includes('"started"')) resolve()
      })
    })
    const first = "console.log(require('fs').readFileSync('/proc/1/cmdline','utf8'))"
    expect(podman('exec', 'waiting', 'node', '-e', first).stdout).toContain('node\0run.ts')
    expect(podman('stop', '--time', '60', 'waiting').status).toBe(0)
    expect([await ended, said]).toEqual([143, expect.stringContaining('told to stop')])
  })
})

const IMAGE = 'localhost/my-job'
const BASE = 'docker.io/library/node:26-slim'

function need(context: TestContext): void {
  needProgram(context, 'podman')
  needProgram(context, 'runc')
}

function run(...options: readonly string[]): readonly string[] {
  const mount = [
    '--volume',
    `${project}/data:/app/data`,
    '--env-file',
    `${project}/config/task.env`,
  ]
  return ['run', ...options, ...limits, '--read-only', '--tmpfs', '/tmp', ...mount]
}

function podman(...args: readonly string[]) {
  return spawnSync('podman', [...global, ...places, ...args], { encoding: 'utf8' })
}

function inspect(format: string, name: string): string {
  return podman('inspect', '--format', format, name).stdout.trim()
}

/**
 * A base image of what lies on this machine: Node, npm and what they are linked to. npm in it is
 * offline and takes what it needs from the cache that is mounted while building.
 */
function importBase(): void {
  const root = join(folder, 'base')
  const put = (file: string, target = file) => {
    mkdirSync(dirname(join(root, target)), { recursive: true })
    // Two names of one library would meet here; what is a link on this machine is a file there.
    if (existsSync(join(root, target))) return
    cpSync(realpathSync(file), join(root, target), { recursive: true, dereference: true })
  }
  const modules = spawnSync('npm', ['root', '--global'], { encoding: 'utf8' }).stdout.trim()
  put(process.execPath, '/usr/local/bin/node')
  put(join(modules, 'npm'), '/usr/local/lib/node_modules/npm')
  const programs = ['/bin/sh', '/bin/rm']
  for (const program of programs) put(program)
  for (const program of [process.execPath, ...programs]) {
    const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' })
    for (const [library] of stdout.matchAll(/\/\S+/g)) if (existsSync(library)) put(library)
  }
  const texts = {
    '/usr/local/bin/npm':
      '#!/bin/sh\nexec node /usr/local/lib/node_modules/npm/bin/npm-cli.js "$@"\n',
    '/usr/local/etc/npmrc': 'offline=true\ncache=/npm-cache\n',
    '/etc/passwd': 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n',
    '/etc/group': 'root:x:0:\nnode:x:1000:\n',
  }
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  chmodSync(join(root, '/usr/local/bin/npm'), 0o755)
  mkdirSync(join(root, 'tmp'), { mode: 0o1777 })
  const archive = join(folder, 'base.tar')
  spawnSync('tar', ['-C', root, '-cf', archive, '.'])
  const path = 'ENV PATH=/usr/local/bin:/usr/bin:/bin'
  const imported = podman('import', '--change', path, archive, BASE)
  if (imported.status !== 0) throw new Error(`podman import failed: ${imported.stderr}`)
  rmSync(archive)
}
