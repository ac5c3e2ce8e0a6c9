import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { PINNED_NODE } from '../../generators/app/node.ts'
import { nameProblem, QUESTIONS } from '../../generators/app/options.ts'
import { plan } from '../../generators/app/plan.ts'
import { ROOT, readPackages } from '../../tools/workspaces.ts'

const runtime = { path: '/somewhere/taskq-runtime-1.2.3.tgz', file: 'taskq-runtime-1.2.3.tgz' }
const files = plan({ name: 'my-job', runtime }, { queue: 'sqlite:queue.db' })

test('a project depends on the runtime whose tarball it carries', () => {
  const manifest = files.find(file => file.path === 'package.json')
  if (!manifest || !('text' in manifest)) throw new Error('no package.json was planned')
  expect(JSON.parse(manifest.text)).toMatchObject({
    name: 'my-job',
    private: true,
    dependencies: { 'taskq-runtime': 'file:vendor/taskq-runtime-1.2.3.tgz' },
  })
  const vendored = { path: 'vendor/taskq-runtime-1.2.3.tgz', copyOf: runtime.path }
  expect(files).toContainEqual(vendored)
})

test('every template that is planned is there, and none is there that is not planned', () => {
  const templates = files.flatMap(file => {
    if ('template' in file) return [file.template]
    return 'copyOf' in file && file.copyOf !== runtime.path ? [file.copyOf] : []
  })
  for (const file of templates) expect(readFileSync(join(ROOT, 'templates', file))).toBeDefined()
  expect(new Set(templates).size).toBe(templates.length)
})

test('a project, the create package and this repository pin the same Node', () => {
  const pins = readPackages().map(({ manifest }) => manifest.optionalDependencies)
  expect(pins.filter(pin => pin !== undefined)).toEqual([PINNED_NODE, PINNED_NODE])
})

test('no accepted queue can end its line in an env file or mean something to a shell', () => {
  const property = fc.property(fc.string({ unit: 'binary' }), text => {
    if (QUESTIONS.queue.problem(text) === undefined) {
      expect(text).not.toMatch(/[\s'"`$#\\;|<>(){}*!]/)
    }
  })
  fc.assert(property)
  for (const hostile of ['$(touch x)', 'a b', 'a#b', "a'b", 'a\nB=c', '']) {
    expect(QUESTIONS.queue.problem(hostile)).toMatch(/such as sqlite:queue\.db\.$/)
  }
})

test('a project has a name that npm takes', () => {
  expect(nameProblem('my-job')).toBeUndefined()
  for (const name of ['My-Job', '.job', '', 'a b', '../a', 'a'.repeat(300)]) {
    expect(nameProblem(name)).toMatch(/as in my-job\.$/)
  }
})
