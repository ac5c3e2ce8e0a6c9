import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { commandOptions } from '../../generators/app/command-options.ts'
import { plainUrl } from '../../generators/app/env.ts'
import { gatherFacts, nodeOfNpm } from '../../generators/app/facts.ts'
import { label, nameProblem, slug, taskProblem } from '../../generators/app/names.ts'
import { problemOf, questionNames } from '../../generators/app/options.ts'
import { askOpen, type Given, type Prompt, settle } from '../../generators/app/settle.ts'
import { parseEnvFile } from '../../src/runtime/config/env-file.ts'
import { parsePlace } from '../../src/runtime/drivers/pubsub/address.ts'
import { parseSqsAddress } from '../../src/runtime/drivers/sqs/address.ts'
import { parseAddress, parsePathAddress } from '../../src/runtime/queue/address.ts'
import { answersWith, facts } from './kit.ts'

const usual = answersWith()

describe('a name', () => {
  test('is one that npm takes', () => {
    expect(nameProblem('my-job')).toBeUndefined()
    for (const name of ['My-Job', '.job', '', 'a b', '../a', 'a'.repeat(300), 'node_modules'])
      expect(nameProblem(name), name).toMatch(/as in my-job\.$/)
  })

  test('is made of any folder', () => {
    expect(slug('My Job (2)')).toBe('my-job-2')
    expect(slug('Größe')).toBe('gro-e')
    expect(slug('名前')).toBe('my-job')
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        expect(nameProblem(slug(text))).toBeUndefined()
        expect(label(slug(text))).toMatch(/^[a-z]([a-z0-9-]*[a-z0-9])?$/)
      }),
    )
  })

  test('of a further task is one that no file of the project has', () => {
    expect(taskProblem('clean-up')).toBeUndefined()
    for (const name of ['run', 'task', '../x', 'Clean', '', '1st'])
      expect(taskProblem(name), name).toMatch(/as in clean-up\.$/)
  })
})

describe('an answer that goes into an env file', () => {
  test.each(['queueUrl', 'cloudpath'] as const)('for %s is read alike by all', name => {
    const property = fc.property(fc.string({ unit: 'binary' }), text => {
      const url = name === 'queueUrl' ? `sqlite:${text}` : text
      if (problemOf(name, url, usual) !== undefined) return
      const written = name === 'queueUrl' ? plainUrl(url) : url
      expect(parseEnvFile(`NAME=${written}\n`, 'x').get('NAME')).toBe(written)
    })
    fc.assert(property, { numRuns: 300 })
    for (const hostile of ['$(touch x)', 'a b', 'a#b', "a'b", 'a\nB=c', '', '~/x', 'a&b'])
      expect(problemOf(name, hostile, usual), hostile).toMatch(/env file/)
  })

  test.each([
    ['sqs', 'sqs://jobs?region=eu-west-1&endpoint=http://[::1]:4566&settleSeconds=0'],
    ['sqs', 'https://sqs.eu-west-1.amazonaws.com/123456789012/jobs?region=x&settleSeconds=0'],
    ['pubsub', 'pubsub://my-project/cells~1?exactlyOnce=true&ordering=true&maxDeliveries=20'],
  ])('may be any URL of %s: %s is written so that it names the same queue', (queue, url) => {
    expect(problemOf('queueUrl', url, { ...usual, queue })).toBeUndefined()
    const { rest } = parseAddress(url)
    const written = parseEnvFile(`NAME=${plainUrl(url)}\n`, 'x').get('NAME') ?? ''
    const placeOf = (part: string) =>
      queue === 'pubsub' ? parsePlace(part) : { ...parseSqsAddress(part, {}), home: '' }
    expect(placeOf(parseAddress(written).rest)).toEqual(placeOf(rest))
  })

  test('may be any path of a queue in a file or folder', () => {
    const letters = fc
      .string({ unit: 'grapheme' })
      .filter(text => !/[~?\p{Cc}]|%[0-9a-f]?$/u.test(text))
    const property = fc.property(letters, text => {
      const url = `fq:///shared/${text}&'#"$(x)?durable=false`
      const plain = plainUrl(url)
      expect(parseEnvFile(`NAME=${plain}\n`, 'x').get('NAME')).toBe(plain)
      const partsOf = (of: string) => parsePathAddress(parseAddress(of).rest, ['durable'], 'fq:x')
      expect(partsOf(plain)).toEqual(partsOf(url))
    })
    fc.assert(property, { numRuns: 300 })
  })

  test('is of the kind that was chosen', () => {
    expect(problemOf('queueUrl', 'sqs:x', usual)).toMatch(/is no sqlite queue/)
    expect(problemOf('cloudpath', 's3://bucket/x', usual)).toMatch(/--storage/)
    expect(problemOf('cloudpath', 'file:data', usual)).toMatch(/--storage/)
  })
})

describe('settling', () => {
  test('takes what is given, else what is remembered, else what is usual', () => {
    const settled = settle({ name: 'given' }, { name: 'before', format: 'csv' }, facts)
    expect(settled).toMatchObject({ name: 'given', format: 'csv', licence: 'mit', pinNode: true })
  })

  test('keeps the outputs of a cluster in a bucket, for a folder of a pod goes with it', () => {
    const storageOf = (given: Given) => settle(given, {}, facts).storage
    expect(storageOf({})).toBe('file')
    expect(storageOf({ deploy: 'gke' })).toBe('gs')
    expect(storageOf({ deploy: 'gke', queue: 'sqs' })).toBe('s3')
  })

  test('forgets what another answer made wrong', () => {
    const remembered = { storage: 'file', cloudpath: 'data/outputs' }
    expect(settle({ storage: 's3' }, remembered, facts).cloudpath).toBe('s3://my-bucket/my-job')
  })

  test.each([
    [{ name: 'My Job' }, /cannot name a project/],
    [{ format: 'xls' }, /^--format takes feather, parquet, csv, ndjson, not "xls"\.$/],
    [{ description: 'two\nlines' }, /one line/],
    [{ googleProject: '$(id)' }, /project id/],
    [{ googleZone: 'here' }, /zone/],
    [{ googleNetwork: 'a b' }, /network/],
  ])('refuses %j with a sentence', (given, sentence) => {
    expect(() => settle(given, {}, facts)).toThrow(sentence)
  })
})

describe('asking', () => {
  async function asked(given: object, say: Readonly<Record<string, string | boolean>>) {
    const prompts: Prompt[] = []
    const ask = async (prompt: Prompt) => {
      prompts.push(prompt)
      return { [prompt.name]: say[prompt.name] ?? prompt.default }
    }
    const answers = await askOpen(usual, given, facts, { ask, only: questionNames })
    return { answers, names: prompts.map(({ name }) => name), prompts }
  }

  test('is over after a few questions when the usual is fine', async () => {
    const { answers, names } = await asked({}, { description: 'Counts cells.' })
    expect(answers).toEqual({ ...usual, description: 'Counts cells.' })
    expect(names.length).toBeLessThanOrEqual(5)
    expect(names.at(-1)).toBe('isFine')
  })

  test('goes on to the details when it is not, each once', async () => {
    const { answers, names } = await asked({}, { isFine: false, format: 'csv', git: true })
    expect(answers).toMatchObject({ format: 'csv', git: true })
    expect(new Set(names).size).toBe(names.length)
    expect(names).toEqual(expect.arrayContaining(['author', 'licence', 'cloudpath', 'install']))
  })

  test('puts nothing that was given', async () => {
    const { names } = await asked({ name: 'my-job', format: 'csv' }, { isFine: false })
    expect(names).not.toContain('name')
    expect(names).not.toContain('format')
  })

  test('shows what was chosen by its name alone, in one line', async () => {
    const { prompts } = await asked({}, { isFine: false })
    for (const prompt of prompts)
      if (prompt.type === 'select')
        for (const { value, short } of prompt.choices) expect(short).toBe(value)
  })

  test('validates as it goes', async () => {
    const { prompts } = await asked({}, { isFine: false })
    const name = prompts.find(prompt => prompt.name === 'name')
    if (name?.type !== 'input') throw new Error('the name was not asked')
    expect([name.validate('my-job'), name.validate('My Job')]).toEqual([true, expect.any(String)])
  })
})

test('every question is an option of the command line', () => {
  const names = commandOptions.filter(({ answers }) => answers).map(({ name }) => name)
  expect(names).toHaveLength(questionNames.length)
  expect(names).toContain('queue-url')
})

test('the machine tells who sits there, and which Node npm runs on', async () => {
  const answers: Readonly<Record<string, string>> = {
    'git --version': 'git version 2',
    'git config user.name': 'Ada',
    'git config user.email': 'ada@example.org',
  }
  const ask = async (program: string, args: readonly string[]) =>
    answers[[program, ...args].join(' ')]
  const gcloud = mkdtempSync(join(tmpdir(), 'taskq-gcloud-'))
  onTestFinished(() => rmSync(gcloud, { recursive: true }))
  mkdirSync(join(gcloud, 'configurations'))
  writeFileSync(join(gcloud, 'active_config'), 'lab')
  const settings = '[core]\naccount = ada\nproject = ada-lab\n\n[compute]\nzone = us-west1-b\n'
  writeFileSync(join(gcloud, 'configurations/config_lab'), settings)
  const env = {
    CLOUDSDK_CONFIG: gcloud,
    npm_config_user_agent: 'npm/11.4.2 node/v20.20.0 linux x64 workspaces/false',
  }
  expect(await gatherFacts('/x/My Job', env, ask)).toMatchObject({
    ...{ folderName: 'My Job', author: 'Ada <ada@example.org>', googleProject: 'ada-lab' },
    ...{ googleZone: 'us-west1-b', hasGit: true, machineNode: '20.20.0' },
  })
  const nothing = await gatherFacts('/x', { CLOUDSDK_CONFIG: '/no/such' }, async () => undefined)
  expect(nothing).toMatchObject({ hasGit: false, machineNode: process.versions.node })
  expect(nothing).not.toHaveProperty('author')
  expect(nodeOfNpm('yarn/4')).toBeUndefined()
})
