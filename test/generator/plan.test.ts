import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { taskProblem } from '../../generators/app/names.ts'
import type { Answers } from '../../generators/app/options.ts'
import { plan, queueOf } from '../../generators/app/plan.ts'
import { queues } from '../../generators/app/queues.ts'
import { parseAddress } from '../../src/runtime/queue/address.ts'
import type { DriverModule } from '../../src/runtime/queue/driver.ts'
import { driverModules } from '../../src/runtime/queue/open.ts'
import { readPackages } from '../../tools/workspaces.ts'
import { pairwise } from '../support/pairs.ts'
import { answersWith, choices, sourceKit } from './kit.ts'

const kit = sourceKit()
const project = { tasks: [], year: 2026 }

async function planned(given: Partial<Answers> = {}, tasks: readonly string[] = []) {
  const { files } = await plan(kit, answersWith(given), { ...project, tasks })
  return new Map(files.map(({ path, content }) => [path, Buffer.from(content).toString()]))
}

describe('a plan', () => {
  test('is the same bytes for the same answers', async () => {
    for (const format of choices.format) {
      const [one, two] = await Promise.all([planned({ format }), planned({ format })])
      expect(one).toEqual(two)
    }
  })

  test('uses every template for some answers', async () => {
    const texts = new Set<string>()
    for (const row of pairwise(choices))
      for (const content of (await planned(row, ['clean'])).values()) texts.add(content)
    const copied = [...kit.templates].filter(([path]) => !/\.(hbs|env)$/.test(path))
    for (const [path, bytes] of copied) expect(texts, path).toContain(Buffer.from(bytes).toString())
    const pages = [...kit.templates].filter(([path]) => isPageOnOffer(path))
    const readmes = [...texts].join('\n')
    for (const [path, bytes] of pages) {
      const [firstLine = ''] = Buffer.from(bytes).toString().split('\n')
      if (!firstLine.includes('{{')) expect(readmes, path).toContain(firstLine)
    }
  })

  test.each(pairwise(choices).map(row => [Object.values(row).join(' '), row] as const))(
    'for %s holds just these files',
    async (name, row) => {
      const text = outline(await planned(row))
      await expect(text).toMatchFileSnapshot(`snapshots/${name.replaceAll(' ', '_')}.txt`)
    },
  )

  test('of the usual answers holds just this text', async () => {
    const files = [...(await planned())].filter(([path]) => isText(path))
    await expect(files.map(shown).join('\n\n')).toMatchFileSnapshot('snapshots/usual.txt')
  })

  test('with a further task has its files, scripts and a queue of its own', async () => {
    const files = await planned({}, ['clean'])
    expect([...files.keys()]).toEqual(
      expect.arrayContaining(['clean.ts', 'clean.test.ts', 'clean.feather', 'config/clean.env']),
    )
    expect(files.get('config/clean.env')).toContain('TASKQUEUE_PATH=sqlite:data/queue-clean.db')
    expect(files.get('clean.test.ts')).toContain("from './clean.ts'")
    expect(files.get('README.md')).toContain('npm run insert-clean')
    const { '.dockerignore': ignored } = Object.fromEntries(
      await planned({ format: 'csv' }, ['clean', 'draw']),
    )
    expect(ignored).toContain('\ntasks.ndjson\nclean.csv\ndraw.csv\n*.test.ts\n')
  })
})

describe('a further task', () => {
  test.each(choices.example)(
    'beside the example %s has the table and test of its own',
    async example => {
      const format = 'ndjson'
      const further = await planned({ example, format }, ['clean'])
      const pi = await planned({ example: 'pi', format })
      expect(further.get('clean.ndjson')).toBe(pi.get('tasks.ndjson'))
      expect(further.get('clean.ts')).toBe(pi.get('task.ts'))
      expect(further.get('clean.test.ts')).toContain("task: 'clean.ts'")
      expect(further.get('clean.test.ts')).not.toContain('task.ts')
    },
  )

  test('is told of with what its queue and its cluster ask for', async () => {
    const readme = async (given: Partial<Answers>) =>
      (await planned(given, ['clean'])).get('README.md')
    const create = 'npm run create-queue -- -e config/clean.env'
    expect(await readme({ queue: 'sqs' })).toContain(create)
    expect(await readme({ queue: 'sqlite' })).not.toContain(create)
    expect(await readme({ deploy: 'gke' })).toContain('[node, run.ts, --task, clean.ts]')
    expect(await readme({ deploy: 'none' })).not.toContain('cluster workers')
  })

  test('is not named as a file of any project is', async () => {
    for (const row of pairwise(choices))
      for (const path of (await planned(row)).keys()) {
        const [, name] = /^([^/]+)\.ts$/.exec(path) ?? []
        if (name !== undefined) expect(taskProblem(name), path).toContain('cannot name a task')
      }
  })
})

describe('package.json of a project', () => {
  test('has each script of several words in kebab-case and in snake_case', async () => {
    const { scripts } = JSON.parse((await planned()).get('package.json') ?? '')
    const kebab = Object.keys(scripts).filter(name => name.includes('-'))
    expect(kebab.length).toBeGreaterThan(5)
    for (const name of kebab) expect(scripts[name.replaceAll('-', '_')]).toBe(scripts[name])
  })

  test('asks for nothing but the runtime and the driver of its queue to run', async () => {
    for (const queue of choices.queue) {
      const { dependencies } = JSON.parse((await planned({ queue })).get('package.json') ?? '')
      const wanted = ['taskq-runtime', ...(queues[queue]?.packages ?? [])]
      expect(Object.keys(dependencies).toSorted()).toEqual(wanted.toSorted())
    }
  })
})

test('every queue that processes can share is on offer, with what its driver needs', async () => {
  const drivers: readonly DriverModule[] = await Promise.all(
    Object.values(driverModules).map(load => load()),
  )
  const shared = drivers.filter(({ scheme }) => scheme !== 'memory')
  expect(Object.keys(queues).toSorted()).toEqual(shared.map(({ scheme }) => scheme).toSorted())
  for (const { scheme, needs, making } of shared) {
    const { dependencies } = JSON.parse(
      (await planned({ queue: scheme })).get('package.json') ?? '',
    )
    if (needs !== undefined)
      expect(dependencies[needs.package]).toMatch(new RegExp(`^\\^${needs.version}\\.`))
    expect(queues[scheme]?.isMade).toBe(making === 'when asked')
    expect(parseAddress(answersWith({ queue: scheme }).queueUrl).scheme).toBe(scheme)
  }
})

test('a project, the create package and this repository pin the same Node', () => {
  const pins = readPackages()
    .map(({ manifest }) => manifest.optionalDependencies)
    .filter(pin => pin !== undefined)
  expect(pins).toHaveLength(3)
  for (const pin of pins) expect(pin).toEqual(pins[0])
})

test('hostile text comes through as data, in every file that repeats it', async () => {
  const hostile = '"; $(touch x) `id` {{name}} </script> \\ \' *ü* [a](b)'
  const author = 'O\'Neill "Q" <q@example.org>'
  const files = await planned({ description: hostile, author, licence: 'mit' })
  const manifest = JSON.parse(files.get('package.json') ?? '')
  expect([manifest.description, manifest.author]).toEqual([hostile, author])
  expect(files.get('LICENSE')).toContain(`Copyright (c) 2026 ${author}`)
  const readme = files.get('README.md') ?? ''
  expect(readme).not.toContain('</script>')
  expect(readme).toContain('\\{\\{name\\}\\}')
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), async description => {
      if (/[\p{Cc}\u2028\u2029]/u.test(description)) return
      const found = await planned({ description, format: 'ndjson' })
      expect(JSON.parse(found.get('package.json') ?? '').description).toBe(description)
    }),
    { numRuns: 25 },
  )
})

test('a queue of a further task lies beside the first one', () => {
  expect(queueOf('sqlite:data/queue.db', 'clean')).toBe('sqlite:data/queue-clean.db')
  expect(queueOf('sqlite:q.db?durable=false', 'clean')).toBe('sqlite:q-clean.db?durable=false')
  expect(queueOf('sqs://my-queue', 'clean')).toBe('sqs://my-queue-clean')
})

/** Pages for clusters and for queues of other machines wait for both to be on offer. */
function isPageOnOffer(path: string): boolean {
  const isWaiting = /gke/.test(path) && !choices.deploy.includes('gke')
  const isRemote = /remote/.test(path) && Object.values(queues).every(({ isLocal }) => isLocal)
  return path.startsWith('readme/') && !isWaiting && !isRemote
}

function isText(path: string): boolean {
  return !/^(vendor\/|package-lock\.json|LICENSE|tasks\.)/.test(path)
}

/** What tells projects apart: their files, the headings of README.md, settings and packages. */
function outline(files: ReadonlyMap<string, string>): string {
  const { dependencies, devDependencies, license } = JSON.parse(files.get('package.json') ?? '')
  const lines = (path: string, form: RegExp) => (files.get(path) ?? '').match(form) ?? []
  return [
    ...[...files.keys(), ''],
    ...[...lines('README.md', /^#.*$/gm), ''],
    ...[...lines('config/task.env', /^\w.*$/gm), ...lines('config/cluster.env', /^\w.*$/gm), ''],
    JSON.stringify({ license, dependencies, devDependencies }, undefined, 2),
  ].join('\n')
}

function shown([path, text]: readonly [string, string]): string {
  return `==> ${path} <==\n${text}`
}
