import { globSync, readFileSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { expect, it } from 'vitest'
import { slipsOf } from '../../src/runtime/cli/work/slips.ts'
import { readSettings, workerSettings } from '../../src/runtime/worker/settings.ts'

const from = (values: Record<string, string>, place = 'config/task.env') => ({
  values,
  place: () => place,
})

it('without any value every setting has its default', () => {
  expect(readSettings([])).toEqual({
    isolation: 'process',
    concurrency: availableParallelism(),
    asyncPerRunner: 1,
    taskTimeoutSeconds: 3600,
    memoryLimit: undefined,
    maxAttempts: 5,
    retryOn: ['exception', 'timeout', 'exit', 'memory'],
    stopAfterFailures: 100,
    shutdownGraceSeconds: 30,
    leaseSeconds: 300,
    recycleAfter: 0,
    recycleAbove: undefined,
    codeCheck: 'warn',
    spotNotices: 'auto',
    spotEndpoint: 'http://169.254.169.254',
  })
})

it('the first source that names a setting decides it', () => {
  const flags = from({ TQ_CONCURRENCY: '3' }, '--concurrency')
  const settings = readSettings([flags, from({ TQ_CONCURRENCY: '7', TQ_MAX_ATTEMPTS: ' 2 ' })])
  expect(settings).toMatchObject({ concurrency: 3, maxAttempts: 2 })
})

it.each([
  ['TQ_MEMORY_LIMIT', '800Mi', { memoryLimit: 800 * 2 ** 20 }],
  ['TQ_MEMORY_LIMIT', '1.5G', { memoryLimit: 1.5e9 }],
  ['TQ_MEMORY_LIMIT', 'none', { memoryLimit: undefined }],
  ['TQ_RETRY_ON', 'exit, timeout', { retryOn: ['timeout', 'exit'] }],
  ['TQ_RETRY_ON', 'none', { retryOn: [] }],
  ['TQ_TASK_TIMEOUT_SECONDS', '0.5', { taskTimeoutSeconds: 0.5 }],
  ['TQ_ISOLATION', 'fresh', { isolation: 'fresh' }],
])('%s=%s is understood', (name, text, expected) => {
  expect(readSettings([from({ [name]: text })])).toMatchObject(expected)
})

it.each([
  ['TQ_CONCURRENCY', '0'],
  ['TQ_CONCURRENCY', '1e3'],
  ['TQ_CONCURRENCY', ''],
  ['TQ_MAX_ATTEMPTS', 'five'],
  ['TQ_LEASE_SECONDS', '90000'],
  ['TQ_LEASE_SECONDS', '-1'],
  ['TQ_MEMORY_LIMIT', '800'],
  ['TQ_MEMORY_LIMIT', '800 MB'],
  ['TQ_RETRY_ON', 'exit,oom'],
  ['TQ_RETRY_ON', 'exit,exit'],
  ['TQ_ISOLATION', 'toString'],
])('%s="%s" is refused with its name, its place and what it takes', (name, text) => {
  expect(() => readSettings([from({ [name]: text })])).toThrow(
    expect.objectContaining({
      code: 'invalid',
      message: expect.stringMatching(
        new RegExp(`^${name} is "${text}" in config/task.env; it takes .+ Correct it`),
      ),
    }),
  )
})

it('every setting has a flag of its own, help and a range', () => {
  const all = Object.values(workerSettings)
  expect(new Set(all.map(({ flag }) => flag)).size).toBe(all.length)
  for (const { help, range, flag, name } of all) {
    expect(help.length * range.length).toBeGreaterThan(0)
    expect(flag).toBe(`--${name.slice(3).toLowerCase().replaceAll('_', '-')}`)
  }
})

it('a name that is nearly a setting is told with its place, any other is left alone', () => {
  const values = {
    ...{ TQ_CONCURENCY: '3', TQ_EVENT_FILE: 'e', TQ_CONCURRENCY: '3', TQ_METRICS_PORT: '1' },
    ...{
      TQ_UNTIL: 'idle',
      TQ_SCHEMA_CHECK: 'off',
      TQ_PYTHON_FUNCTION: 'f',
      TQ_MINE: 'x',
      CONCURENCY: '1',
    },
  }
  expect(slipsOf([from(values)])).toEqual([
    'TQ_CONCURENCY in config/task.env is no setting and counts for nothing: did you mean TQ_CONCURRENCY?',
    'TQ_EVENT_FILE in config/task.env is no setting and counts for nothing: did you mean TQ_EVENTS_FILE?',
  ])
})

it('no name that this code reads is taken for a slip', () => {
  const texts = globSync(['src/**/*.ts', 'templates/**/*', 'generators/**/*.ts'])
    .filter(path => statSync(path).isFile())
    .map(path => readFileSync(path, 'utf8'))
  const read = texts.flatMap(text => text.match(/\bTQ_[A-Z_]+\b/g) ?? [])
  expect(read.length).toBeGreaterThan(50)
  const values = Object.fromEntries(read.map(name => [name, '1']))
  expect(slipsOf([from(values)])).toEqual([])
})
