import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ROOT } from '../../tools/workspaces.ts'

const folder = mkdtempSync(join(tmpdir(), 'taskq-ci-'))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('.ci/run', () => {
  test('is executable and is bash', () => {
    expect(statSync(join(ROOT, '.ci/run')).mode & 0o111).toBe(0o111)
    expect(spawnSync('bash', ['-n', '.ci/run'], { cwd: ROOT }).status).toBe(0)
  })

  test('runs the very command that README.md gives, which is npm ci && npm test', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
    const block = /<!-- test:start -->\n```\w*\n(.+)\n```\n<!-- test:end -->/.exec(readme)
    expect(block?.[1]).toBe('npm ci && npm test')
    expect(readFileSync(join(ROOT, '.ci/run'), 'utf8')).toContain('<!-- test:start -->')
  })
})

describe('the report of a test run', () => {
  test('ends with the counts and with 0 when every test passed', () => {
    expect(report([['adds', 'passed']])).toEqual({ status: 0, last: '1 passed, 0 failed' })
  })

  test('ends with 1 when a test failed', () => {
    const tests = [
      ['adds', 'passed'],
      ['takes away', 'failed'],
    ] as const
    expect(report(tests)).toEqual({ status: 1, last: '1 passed, 1 failed' })
  })

  test('ends with 1 when a test was skipped that is not in the list', () => {
    const tests = [
      ['adds', 'passed'],
      ['takes away', 'skipped'],
    ] as const
    expect(report(tests)).toEqual({ status: 1, last: '1 passed, 0 failed' })
  })

  test('lets a test be skipped that is in the list', () => {
    const tests = [
      ['adds', 'passed'],
      ['make_cluster.sh runs against the real gcloud', 'pending'],
    ] as const
    expect(report(tests)).toEqual({ status: 0, last: '1 passed, 0 failed' })
  })

  test('counts a file that broke outside its tests', () => {
    expect(report([['adds', 'passed']], 'failed')).toEqual({
      status: 1,
      last: '1 passed, 1 failed',
    })
  })

  test('ends with 1 when no test was run at all', () => {
    expect(report([]).status).toBe(1)
    const args = ['tools/ci-report.ts', '.ci/allowed-skips.json', join(folder, 'absent.json')]
    const ran = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })
    expect([ran.status, ran.stdout.trimEnd().split('\n').at(-1)]).toEqual([1, '0 passed, 1 failed'])
  })
})

describe('the report of several test runs', () => {
  test('adds them up, and ends with 1 when one of them did not run', () => {
    const files = ['one.json', 'two.json'].map(name => join(folder, name))
    const results = { numPassedTests: 2, numFailedTests: 0, testResults: [] }
    for (const file of files) writeFileSync(file, JSON.stringify(results))
    const ended = (...args: readonly string[]) => {
      const argv = ['tools/ci-report.ts', '.ci/allowed-skips.json', ...args]
      const ran = spawnSync(process.execPath, argv, { cwd: ROOT, encoding: 'utf8' })
      return [ran.status, ran.stdout.trimEnd().split('\n').at(-1)]
    }
    expect(ended(...files)).toEqual([0, '4 passed, 0 failed'])
    expect(ended(...files, join(folder, 'absent.json'))).toEqual([1, '4 passed, 1 failed'])
  })
})

function report(tests: readonly (readonly [string, string])[], fileStatus?: string) {
  const countOf = (wanted: string) => tests.filter(([, status]) => status === wanted).length
  const assertionResults = tests.map(([fullName, status]) => ({ fullName, status }))
  const status = fileStatus ?? (countOf('failed') > 0 ? 'failed' : 'passed')
  const results = {
    numPassedTests: countOf('passed'),
    numFailedTests: countOf('failed'),
    testResults: [{ name: 'a.test.ts', status, assertionResults }],
  }
  const file = join(folder, 'results.json')
  writeFileSync(file, JSON.stringify(results))
  const args = ['tools/ci-report.ts', '.ci/allowed-skips.json', file]
  const ran = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })
  return { status: ran.status, last: ran.stdout.trimEnd().split('\n').at(-1) }
}
