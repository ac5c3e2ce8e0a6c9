import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'dotenv'
import { afterAll, expect, test } from 'vitest'
import { fillEnv } from '../../generators/app/env.ts'
import { plan } from '../../generators/app/plan.ts'
import { parseEnvFile } from '../../src/runtime/config/env-file.ts'
import { pairwise } from '../support/pairs.ts'
import { answersWith, choices, sourceKit } from './kit.ts'

const folder = mkdtempSync(join(tmpdir(), 'taskq-env-'))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('every env file of a project is read alike by us, dotenv, docker and bash', async () => {
  const kit = sourceKit()
  const texts = new Set<string>()
  for (const row of pairwise(choices)) {
    const { files } = await plan(kit, answersWith(row), { tasks: ['clean'], year: 2026 })
    for (const { path, content } of files)
      if (path.endsWith('.env')) texts.add(Buffer.from(content).toString())
  }
  expect(texts.size).toBeGreaterThan(choices.queue.length)
  for (const text of texts) {
    const ours = Object.fromEntries(parseEnvFile(text, 'task.env'))
    expect(Object.keys(ours)).toContain(text.includes('GOOGLE_') ? 'GOOGLE_ZONE' : 'TASKQUEUE_PATH')
    expect(parse(text)).toEqual(ours)
    expect(byDocker(text)).toEqual(ours)
    expect(byBash(text)).toEqual(ours)
  }
})

test('an answer goes to the line of its variable, and a variable without a line is refused', () => {
  const text = '# A=0\nA=1\n\n# about B\nB=2\n'
  expect(fillEnv(text, { A: '$&' })).toBe('# A=0\nA=$&\n\n# about B\nB=2\n')
  expect(() => fillEnv(text, { C: '1' })).toThrow(/no line for C/)
})

/** The rules of `docker run --env-file`: comments begin a line, all behind the first `=` is the value. */
function byDocker(text: string): Record<string, string> {
  const lines = text.split('\n').map(line => line.trimStart())
  const said = lines.filter(line => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(
    said.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
}

/** What a real bash exports that sources the file, beside what it exports anyway. */
function byBash(text: string): Record<string, string> {
  const file = join(folder, 'task.env')
  writeFileSync(file, text)
  const exported = (script: string) => {
    const options = { encoding: 'utf8', env: { PATH: process.env['PATH'] } } as const
    const ran = spawnSync('bash', ['--norc', '-c', `${script}; env -0`, 'bash', file], options)
    expect(ran.stderr).toBe('')
    return ran.stdout.split('\0').filter(line => line !== '')
  }
  const before = exported('true').map(line => line.slice(0, line.indexOf('=')))
  const after = byDocker(exported('set -a; . "$1"').join('\n'))
  return Object.fromEntries(Object.entries(after).filter(([name]) => !before.includes(name)))
}
