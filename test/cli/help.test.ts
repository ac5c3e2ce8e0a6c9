import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { commands } from '../../src/runtime/cli/catalogue.ts'
import { options } from '../../src/runtime/cli/options.ts'
import { workingCommands } from '../../src/runtime/cli/working.ts'
import { exits } from '../../src/runtime/config/exit-codes.ts'
import { steering } from './queues.ts'
import { taskq } from './taskq.ts'
import { taskqInTerminal } from './terminal.ts'

describe('the help', () => {
  it('names every command, where the queue comes from and every exit code', async () => {
    const { code, out, err } = await taskq(['--help'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    for (const { name } of commands) expect(out).toContain(`  ${name} `)
    for (const exit of Object.values(exits)) expect(out).toContain(`${exit.code}  ${exit.meaning}`)
    expect(out).toMatch(
      /1\. -q.*\n.*2\. TASKQUEUE_PATH in the file.*\n.*3\. TASKQUEUE_PATH in the env/,
    )
  })

  it('stands behind every command with an example, in 80 columns and plain text', async () => {
    for (const name of ['', ...[...workingCommands, ...commands].map(each => each.name)]) {
      const { code, out } = await taskq([...(name === '' ? [] : [name]), '--help'])
      expect({ name, code, steering: steering(out) }).toEqual({ name, code: 0, steering: [] })
      expect(out).toContain(`Examples:\n  taskq ${name}`)
      for (const line of out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
    }
  })

  it('goes to stderr, with exit code 64, when no command is named', async () => {
    const { code, out, err } = await taskq([])
    expect({ code, out }).toEqual({ code: 64, out: '' })
    expect(err).toMatch(/^Usage: taskq/)
  })

  it('has examples with options that exist', () => {
    for (const { name, examples, options: taken } of commands)
      for (const example of examples) {
        const [first, second, ...words] = example.replace(/ \|.*/, '').split(' ')
        expect([first, second]).toEqual(['taskq', name])
        const flags = [...taken, 'queue' as const, 'envFile' as const].flatMap(each =>
          options[each].flags.split(/[ ,]+/),
        )
        for (const word of words) if (word.startsWith('-')) expect(flags).toContain(word)
      }
  })
})

describe('colour', () => {
  it('is used in a terminal', async context => {
    const { out } = await taskqInTerminal(context, ['--help']).ended
    expect(out).toContain('\u001b[1mLooking:\u001b[22m')
  })

  it('is not used with NO_COLOR, nor in a pipe', async context => {
    const plain = await taskqInTerminal(context, ['--help'], { NO_COLOR: '1' }).ended
    expect(plain.out).not.toContain('\u001b')
    expect((await taskq(['--help'])).out).not.toContain('\u001b')
  })
})

describe('wrong usage', () => {
  it.each([
    [['stauts'], /^taskq: unknown command 'stauts'\n\(Did you mean status\?\)/],
    [['status', '--jsno'], /^taskq: unknown option '--jsno'/],
    [['show'], /^taskq: missing required argument 'id'\nSee: taskq show --help/],
    [['list', 'a.db', 'b.db'], /^taskq: too many arguments/],
    [['list', 'a.db', '-s', 'deed'], /Known states: leased, ready, delayed, dead, done/],
    [['list', 'a.db', '-n', '1e3'], /whole number from 1, or all/],
    [['status', 'a.db', '-w', '--interval', '0'], /seconds, from 0\.1/],
    [['status', '-q', ''], /-q.*empty/],
    [
      ['status', '\u001b[31m'],
      /^taskq: There is no queue at .*\\u001b\[31m\. It is made by the first insert/,
    ],
    [['\u001b[31m'], /^taskq: unknown command '\\u001b\[31m'/],
  ])('%j is told in a sentence and ends with 64', async (args, sentence) => {
    const { code, out, err } = await taskq(args)
    expect({ code, out, steering: steering(err) }).toEqual({ code: 64, out: '', steering: [] })
    expect(err).toMatch(sentence)
    expect(err).not.toMatch(/^ {4}at /m)
  })
})

it('the version is that of the package', async () => {
  const manifest = await readFile(
    new URL('../../src/runtime/package.json', import.meta.url),
    'utf8',
  )
  expect((await taskq(['--version'])).out).toBe(`${JSON.parse(manifest).version}\n`)
})

describe('docs/looking-at-a-queue.md', async () => {
  const page = await readFile(new URL('../../docs/looking-at-a-queue.md', import.meta.url), 'utf8')

  it('has the exit codes that the command has', () => {
    const rows = [...page.matchAll(/^\| (\d+) +\| (.*?) +\|$/gm)].map(([, code, meaning]) => ({
      code: Number(code),
      meaning,
    }))
    expect(rows).toEqual(Object.values(exits))
  })

  it('names every command and every option', () => {
    for (const { name } of commands) expect(page).toContain(`taskq ${name}`)
    for (const { flags } of Object.values(options))
      expect(page).toContain(flags.replace(/^-\w, /, '').replace(/ .*/, ''))
  })
})
