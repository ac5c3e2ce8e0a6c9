import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../../tools/workspaces.ts'

const MAIN = join(import.meta.dirname, '../../src/deploy/cli/main.ts')

test('fit says what runs out first and what to lower', () => {
  const { stdout, status } = taskqDeploy('fit --cpu 1 --memory 3Gi --machine e2-standard-4')
  expect(status).toBe(0)
  expect(stdout).toContain('3 workers of 1 CPU and 3Gi on one e2-standard-4')
  expect(stdout).toContain('Lower CPU_REQUEST to 880m and a node holds 4: -25 % cost a worker.')
})

test('plan prints both prices, the idle price and the date of the list', () => {
  const { stdout, status } = taskqDeploy(
    'plan --workers 100 --cpu 1 --memory 3Gi --tasks 1000000 --seconds 2',
  )
  expect(status).toBe(0)
  expect(stdout).toContain('7 nodes of e2-standard-16')
  expect(stdout).toMatch(/together +\$1\.26 +\$3\.89 {2}an hour/)
  expect(stdout).toMatch(/1000000 tasks +\$6\.99 +\$21\.59 {2}in 5\.6 h/)
  expect(stdout).toContain('$0.13 an hour, $97 a month')
  expect(stdout).toContain('List price of 2026-06')
})

test('what is printed into a pipe is plain and at most 80 columns wide', () => {
  for (const args of ['fit --cpu 700m --memory 500Mi --storage 1Gi', 'plan --help', 'fit --help']) {
    const { stdout } = taskqDeploy(args)
    expect(stdout).not.toContain('\u001B')
    expect(Math.max(...stdout.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
  }
})

test('--json prints one JSON object with the price list it used', () => {
  const { stdout } = taskqDeploy('plan --workers 8 --cpu 1 --memory 3Gi --json')
  const answer: unknown = JSON.parse(stdout)
  expect(answer).toMatchObject({ priceList: { date: '2026-06' }, workers: 8, withinMaxPrice: true })
})

test('a fleet dearer than --max-price ends with 1 and says what the money pays for', () => {
  const { stderr, status } = taskqDeploy(
    'plan --workers 8 --cpu 1 --memory 3Gi --machine e2-standard-4 --max-price 0.2',
  )
  expect(status).toBe(1)
  expect(stderr).toContain('$0.20 an hour pays for 3 workers on e2-standard-4.')
})

test("--price puts the user's own price in place of the list's", () => {
  const { stdout } = taskqDeploy(
    'plan --workers 3 --cpu 1 --memory 3Gi --machine e2-standard-4 --price 2',
  )
  expect(stdout).toMatch(/worker nodes +\$2\.00 +\$2\.00/)
  expect(stdout).toContain('Worker nodes at your price')
})

test.each([
  ['fit --cpu 100x --memory 1Gi', '"100x" is no amount of CPU: write 700m, 2 or 0.5.'],
  ['fit --cpu 1 --memory 500', '"500" is less than 1Mi to Kubernetes: did you mean 500Mi?'],
  ['fit --cpu 1 --memory 1Gi --machine m1', 'There is no price for "m1"; known are e2-medium,'],
  ['plan --cpu 1 --memory 1Gi', 'needs --workers, --cpu and --memory'],
  ['plan --workers 0 --cpu 1 --memory 1Gi', '"0" is no whole number from 1 up.'],
  ['plan --workers 1 --cpu 1 --memory 1Gi --tasks 5', 'needs both --tasks and --seconds'],
  ['plan --workers 1 --cpu 1 --memory 1Gi --price 1', 'name it by --machine'],
  ['plan --workers 1 --cpu 30 --memory 1Gi', 'e2-standard-16, has 15506m CPU'],
  ['shrink', "unknown command 'shrink'"],
])('"%s" ends with 64 and a sentence', (args, sentence) => {
  const { stdout, stderr, status } = taskqDeploy(args)
  expect(status).toBe(64)
  expect(stdout).toBe('')
  expect(stderr).toContain(sentence)
  expect(stderr).not.toContain('    at ')
})

test('an old Node gets a sentence', () => {
  const old = `Object.defineProperty(process.versions, 'node', { value: '20.20.2' })`
  const { stderr, status } = taskqDeploy('--help', [`--import=data:text/javascript,${old}`])
  expect(status).toBe(64)
  expect(stderr).toContain('this is Node 20.20.2; Node 24.15 or newer is needed.')
})

test.each([
  ['plan', 'through its queue', 'plan', 0, 'Mind: The queue could not be'],
  ['sweep', 'through the clusters', 'sweep --project my-project', 64, 'Sign in: gcloud auth'],
])(
  'where a server of metadata hangs up, %s, which asks %s, says so in its own words and not in those of a library',
  async (_, __, args, code, words) => {
    const folder = mkdtempSync(join(tmpdir(), 'taskq-nobody-'))
    const rude = createServer(socket => socket.destroy())
    await new Promise<void>(resolve => rude.listen(0, '127.0.0.1', resolve))
    try {
      cpSync(join(ROOT, 'templates/gke'), folder, { recursive: true })
      writeFileSync(join(folder, 'config/task.env'), 'TASKQUEUE_PATH=pubsub://my-project/topic\n')
      const { port } = rude.address() as AddressInfo
      const env = {
        PATH: process.env['PATH'],
        HOME: folder,
        GCE_METADATA_HOST: `127.0.0.1:${port}`,
      }
      const child = spawn(process.execPath, [MAIN, ...args.split(' ')], { cwd: folder, env })
      let err = ''
      child.stderr.on('data', (chunk: Buffer) => {
        err += String(chunk)
      })
      const ended = await new Promise(resolve => child.once('close', resolve))
      expect([ended, err]).toEqual([code, expect.stringContaining(words)])
      expect(err).not.toContain('MetadataLookupWarning')
    } finally {
      rude.close()
      rmSync(folder, { recursive: true })
    }
  },
)

function taskqDeploy(args: string, nodeArgs: readonly string[] = []) {
  const argv = [...nodeArgs, MAIN, ...args.split(' ')]
  return spawnSync(process.execPath, argv, { encoding: 'utf8' })
}

test('without credentials of Google a command ends with a sentence that says how to sign in', () => {
  const folder = mkdtempSync(join(tmpdir(), 'taskq-nobody-'))
  try {
    cpSync(join(ROOT, 'templates/gke'), folder, { recursive: true })
    writeFileSync(join(folder, 'config/task.env'), 'TASKQUEUE_PATH=pubsub://my-project/topic\n')
    for (const args of ['make-cluster --yes', 'delete-cluster --yes', 'sweep']) {
      const nobody = { HOME: folder, METADATA_SERVER_DETECTION: 'none', NO_COLOR: '1' }
      const env = { PATH: process.env['PATH'], ...nobody }
      const ran = spawnSync(process.execPath, [MAIN, ...args.split(' ')], {
        cwd: folder,
        env,
        encoding: 'utf8',
      })
      expect(ran.stderr, args).toContain('gcloud auth application-default login')
      expect([ran.status, ran.stderr.includes('    at ')], args).toEqual([64, false])
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})
