import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { asWord, renderShell } from '../../src/deploy/templates/shell.ts'
import { asYaml, renderYaml } from '../../src/deploy/templates/yaml.ts'
import { ROOT } from '../../tools/workspaces.ts'
import { needProgram } from '../support/need.ts'
import { openStage } from './world.ts'

/** Texts that have broken out of templates elsewhere, among any others. */
const hostile = fc.oneof(
  fc.constantFrom(
    '$(touch x)',
    '`id`',
    "it's",
    '"; rm -rf /; "',
    'a\nb: c',
    '---\nkind: Pod',
    '!!js/function "x"',
    '{{NAME}}',
    '*alias',
    '&anchor',
    '%YAML 1.1',
    '\u0085\u2028\u2029\ufeff',
    '\u0007\u001b[2J',
    'null',
    '1e3',
    'yes',
    "'\\''",
    '\\',
    '\r\n',
  ),
  fc.string({ unit: 'binary' }).filter(text => !text.includes('\0')),
)

describe('a value in YAML', () => {
  test('comes back as it was, whatever it holds, and changes nothing around it', () => {
    const template = {
      path: 't.yaml',
      text: 'a: {{NAME}}\nlist:\n  - {{NAME}}\nb: {{{NAME}}}\n# {{NAME}}\nend: true\n',
    }
    fc.assert(
      fc.property(hostile, text => {
        const { objects } = renderYaml(template, { NAME: text })
        expect(objects).toEqual([{ a: text, list: [text], b: text, end: true }])
      }),
      { numRuns: 300 },
    )
  })

  test('may be a whole object, with keys of any text', () => {
    const template = { path: 't.yaml', text: 'data: {{DATA}}\nend: true\n' }
    fc.assert(
      fc.property(fc.dictionary(hostile, hostile), data => {
        expect(renderYaml(template, { DATA: data }).objects).toEqual([
          { data: { ...data }, end: true },
        ])
      }),
      { numRuns: 200 },
    )
  })

  test('holds no character that any reader of YAML takes for the end of a line', () => {
    expect(asYaml('\u0085\u2028\u2029\n\u009b')).toBe('"\\u0085\\u2028\\u2029\\n\\u009b"')
  })

  test.each([
    ['name: "{{NAME}}"', 'x'],
    ['name: {{NAME}}-env', 'x'],
    ["name: '{{NAME}}'", 'x'],
    ['name: |\n  {{NAME}}', 'a'],
  ])('in the wrong place (%s) is refused with what to write', (text, value) => {
    expect(() => renderYaml({ path: 'templates/t.yaml', text }, { NAME: value })).toThrow(
      /templates\/t\.yaml/,
    )
  })

  test('that is missing is named with its line', () => {
    const template = { path: 'templates/t.yaml', text: 'a: {{NAME}}\nb: {{OTHER}}\n' }
    expect(() => renderYaml(template, { NAME: 'x' })).toThrow(
      /templates\/t\.yaml: line 2: \{\{OTHER\}\} has no value\. Set OTHER in config\/cluster\.env/,
    )
  })

  test('is never taken from what every object has', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      const template = { path: 't.yaml', text: `a: {{${name}}}\n` }
      expect(() => renderYaml(template, {}), name).toThrow(/t\.yaml/)
    }
  })
})

describe('a value in a shell script', () => {
  test('is one word of exactly that text for bash', () => {
    const texts = fc.sample(hostile, 200)
    const script = texts.map(text => `printf '%s\\0' ${asWord(text)}`).join('\n')
    const ran = spawnSync('bash', ['-c', script])
    expect(ran.stdout.toString('utf8').split('\0').slice(0, -1)).toEqual(
      texts.map(text => Buffer.from(text).toString('utf8')),
    )
  })

  test.each([
    'echo "{{NAME}}"',
    "X='{{NAME}}'",
    '# {{NAME}}',
    'cat <<E\n{{NAME}}\nE',
    'run {{NAME}} more',
    'X=a{{NAME}}',
  ])('in a place where its quotes would not hold (%s) is refused', text => {
    expect(() => renderShell({ path: 'templates/t.sh', text }, { NAME: 'x' })).toThrow(
      /templates\/t\.sh, line \d: .+NAME=\{\{NAME\}\}/,
    )
  })

  test('of ours leaves scripts that bash and shellcheck find good', async context => {
    needProgram(context, 'shellcheck')
    const stage = await openStage(context)
    expect(await stage.deploy('make-scripts')).toMatchObject({ code: 0 })
    for (const name of ['make_cluster.sh', 'delete_cluster.sh']) {
      const path = join(stage.folder, 'scripts', name)
      expect(spawnSync('bash', ['-n', path]).status, name).toBe(0)
      const checked = spawnSync('shellcheck', [path], { encoding: 'utf8' })
      expect(checked.stdout, name).toBe('')
    }
    const documents = readFileSync(join(stage.folder, 'scripts/kube-task.yaml'), 'utf8').split(
      '\n---\n',
    )
    expect(documents.map(text => parse(text).kind)).toEqual([
      'Namespace',
      'ServiceAccount',
      'ConfigMap',
      'Job',
    ])
  })
})

test('a script that is no shell once filled in is refused', async context => {
  const stage = await openStage(context)
  stage.write('templates/delete_cluster.sh', 'if true; then\n')
  const ran = await stage.deploy('make-scripts')
  expect(ran).toMatchObject({
    code: 64,
    err: expect.stringContaining('templates/delete_cluster.sh is no shell script'),
  })
})

test('the templates are shell and YAML that a new project gets as they lie', () => {
  for (const name of [
    'kube-task.yaml',
    'kube-service.yaml',
    'make_cluster.sh',
    'delete_cluster.sh',
  ]) {
    expect(readFileSync(join(ROOT, 'templates/gke/templates', name), 'utf8'), name).toMatch(
      /\{\{[A-Z_]+\}\}/,
    )
  }
})
