import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'dotenv'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { neededIn, parseEnvFile, readEnvFile } from '../../src/runtime/config/env-file.ts'
import { isTaskqError } from '../../src/runtime/index.ts'
import { needProgram } from '../support/need.ts'
import { readAsBash, readAsDocker } from './other-readers.ts'

const folder = mkdtempSync(join(tmpdir(), 'taskq-env-'))
afterAll(() => rmSync(folder, { recursive: true }))

const read = (text: string) => parseEnvFile(text, 'task.env')

describe('an env file', () => {
  it('has comments, empty lines and NAME=value', () => {
    const text =
      '# where\n\n  # indented\nA=1\n\tB_2=sqlite:/x/y.db?durable=false\nEMPTY=\nC==,%+@{}[]*?!é'
    expect([...read(text)]).toEqual([
      ['A', '1'],
      ['B_2', 'sqlite:/x/y.db?durable=false'],
      ['EMPTY', ''],
      ['C', '=,%+@{}[]*?!é'],
    ])
  })

  it.each([
    ['A=x # y', /comment behind the value.*line of its own/],
    ['A=# text', /comment behind the value/],
    ['A= # text', /comment behind the value/],
    ['A=x#y', /# in the value/],
    ['A=`date`', /back-tick/],
    ['A="x"', /quote.*without quotes/],
    ["A='x", /quote/],
    ['A=$HOME', /a \$ in the value/],
    ['A=~/x', /replaces ~/],
    ['A=sqlite:~/x', /replaces ~/],
    ['A=x y', /space in the value/],
    ['A=x ', /space at the end/],
    ['A= x', /space after the "="/],
    ['A =x', /space before the "="/],
    ['export A=x', /"export"/],
    ['A', /no "="/],
    ['A: x', /no "="/],
    ['1A=x', /no name/],
    ['A-B=x', /no name/],
    ['=x', /no name/],
    ['A=x;y', /not take as text/],
    ['A=sqs://jobs?x=1&y=2', /Join the options .* by ","/],
    [String.raw`A=x\y`, /not take as text/],
    ['UID=5', /keeps a variable of that name/],
    ['__proto__=5', /keeps a variable of that name/],
    ['A=x\r', /carriage return.*Unix/],
    ['\ufeffA=x', /byte order mark/],
    ['# a\u2028B=1', /control character/],
    ['A=\u001b[31m', /control character/],
    [`A=${'x'.repeat(70_000)}`, /longer than docker reads/],
  ])('is refused by file and line for %j', (line, sentence) => {
    const text = line.startsWith('\ufeff') ? line : `# first\nB=1\n${line}\n`
    const at = line.startsWith('\ufeff') ? 1 : 3
    expect(() => read(text)).toThrow(sentence)
    expect(() => read(text)).toThrow(new RegExp(`^task\\.env, line ${at}: `))
  })

  it('sets no name twice, and the complaint names both lines', () => {
    expect(() => read('A=1\nB=2\nA=1\n')).toThrow(
      /^task\.env, line 3: A is set .*\(first in line 1\)/,
    )
  })

  it('that is missing, a folder or no text is named', () => {
    const missing = join(folder, 'no.env')
    expect(() => readEnvFile(missing)).toThrow(`There is no env file ${missing}.`)
    expect(() => readEnvFile(folder)).toThrow(/is a folder/)
    const latin = join(folder, 'latin.env')
    writeFileSync(latin, Buffer.from([0x41, 0x3d, 0xe9, 0x0a]))
    expect(() => readEnvFile(latin)).toThrow(/is no UTF-8 text/)
    const large = join(folder, 'large.env')
    writeFileSync(large, '# long\n'.repeat(200_000))
    expect(() => readEnvFile(large)).toThrow(/is larger than 1048576 bytes/)
  })

  it('without a needed variable is named with an example', () => {
    const file = { path: 'config/task.env', values: read('A=\n') }
    const example = 'A=sqlite:queue.db'
    expect(() => neededIn(file, 'A', example)).toThrow(
      'A is empty in config/task.env. Put a line there: A=sqlite:queue.db',
    )
    expect(() => neededIn(file, 'B', 'B=1')).toThrow('B is not set in config/task.env.')
  })
})

describe('what is accepted', () => {
  const pieces = fc.constantFrom(
    ...Array.from('AB_1 =#"\'`$~:/\\.;&|<>()[]{}*?!%+-,@^\t\r\n\u00a0\u2028\u0085é🧠\ufeff'),
    ...[
      'export ',
      'A=',
      '\nB=',
      '\nC=x',
      '\n# ',
      '\nUID=',
      '\n_=',
      '\nPATH=',
      'é',
      '🧠',
      '~/',
      ':~',
      '\n\n',
      '\nIFS=',
    ],
  )
  const line = fc.tuple(
    fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,12}$/),
    fc.array(pieces, { maxLength: 12 }).map(parts => parts.join('')),
  )
  const file = fc.oneof(
    fc.array(pieces, { maxLength: 30 }).map(parts => parts.join('')),
    fc.array(line, { maxLength: 5 }).map(lines => lines.map(([n, v]) => `${n}=${v}`).join('\n')),
    fc
      .array(
        fc.tuple(
          fc.stringMatching(/^[A-Za-z_]\w{0,9}$/),
          fc.stringMatching(/^[^\s#"'`$~\\;&|<>()]*$/),
        ),
      )
      .map(lines => lines.map(([n, v]) => `${n}=${v}\n`).join('')),
  )

  it('is read alike by dotenv, by both its parsers, and by docker', () => {
    let accepted = 0
    fc.assert(
      fc.property(file, text => {
        const values = accept(text)
        if (values === undefined) return
        accepted += values.size
        const ours = Object.fromEntries(values)
        expect(parse(text)).toEqual(ours)
        expect(parse(text, { fast: true })).toEqual(ours)
        expect(readAsDocker(text)).toEqual(ours)
      }),
      { numRuns: 5_000 },
    )
    expect(accepted).toBeGreaterThan(500)
  })

  it('is read alike by bash', context => {
    needProgram(context, 'bash')
    fc.assert(
      fc.property(fc.array(file, { minLength: 20, maxLength: 80 }), texts => {
        const accepted = texts.filter(text => accept(text) !== undefined)
        const asBash = readAsBash(folder, accepted)
        accepted.forEach((text, at) => {
          expect(asBash[at], JSON.stringify(text)).toEqual(Object.fromEntries(accept(text) ?? []))
        })
      }),
      { numRuns: 15 },
    )
  })

  it('holds no name that a shell would not set', context => {
    needProgram(context, 'bash')
    const known = spawnSync('bash', ['--norc', '-c', 'compgen -v'], { encoding: 'utf8', env: {} })
    const names = new Set([...known.stdout.trim().split('\n'), ...shellVariables])
    const texts = [...names].map(name => `${name}=x1\n`).filter(text => accept(text) !== undefined)
    expect(readAsBash(folder, texts)).toEqual(
      texts.map(text => ({ [text.slice(0, text.indexOf('='))]: 'x1' })),
    )
  })
})

/** What the manual of bash lists beyond those that are set in a fresh one. */
const shellVariables = (
  'COLUMNS COMP_CWORD COMP_LINE COMP_WORDBREAKS COMP_WORDS COMPREPLY COPROC ENV EPOCHREALTIME ' +
  'EPOCHSECONDS EXECIGNORE FIGNORE FUNCNEST GLOBIGNORE HISTCONTROL HISTFILE HISTSIZE HOSTFILE IGNOREEOF ' +
  'INPUTRC INSIDE_EMACS LINES MAILCHECK MAILPATH MAPFILE OPTARG OPTERR OPTIND POSIXLY_CORRECT ' +
  'PROMPT_COMMAND PS1 READLINE_LINE REPLY SHELL SRANDOM TIMEFORMAT TMOUT TMPDIR auto_resume histchars PATH IFS'
).split(' ')

function accept(text: string): ReadonlyMap<string, string> | undefined {
  try {
    return read(text)
  } catch (error) {
    if (isTaskqError(error, 'invalid')) return undefined
    throw error
  }
}
