import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { queues } from '../../generators/app/queues.ts'
import { scriptsOf } from '../../generators/app/scripts.ts'
import { repositoryFiles } from '../../tools/files.ts'
import { ROOT, readPackages } from '../../tools/workspaces.ts'

const files = repositoryFiles()
const pages = files.filter(file => file.endsWith('.md'))

test('no source file is longer than 400 lines', () => {
  const sources = files.filter(file => /\.(ts|js|mjs)$/.test(file))
  const long = sources.filter(file => read(file).split('\n').length > 401)
  expect(long).toEqual([])
})

test('every relative link in a page leads to a file', () => {
  const dead = pages.flatMap(page =>
    links(read(page))
      .filter(link => !existsSync(join(ROOT, dirname(page), link)))
      .map(link => `${page}: ${link}`),
  )
  expect(dead).toEqual([])
})

test('every npm script that a page names is there, in this repository or in a new project', () => {
  const emitted = Object.keys(queues).flatMap(queue =>
    Object.keys(scriptsOf({ deploy: 'gke', example: 'fractal', queue }, [])),
  )
  const scripts = [...Object.keys(readPackages()[0]?.manifest.scripts ?? {}), ...emitted]
  // Pages below src/ are for people who installed a package: they name scripts of new projects.
  const named = pages
    .filter(page => !page.startsWith('src/'))
    .flatMap(page =>
      [...read(page).matchAll(/\bnpm run ([a-z][\w-]*)/g)].map(
        ([, name = '']) => `${page}: ${name}`,
      ),
    )
  const unknown = named.filter(each => !scripts.includes(each.split(': ')[1] ?? ''))
  expect(unknown).toEqual([])
})

test('what README.md shows of taskq-deploy is what it prints', () => {
  const blocks = [
    ...read('README.md').matchAll(/```console\n\$ npx taskq-deploy (.+)\n([\s\S]*?)```/g),
  ]
  expect(blocks.length).toBeGreaterThan(0)
  for (const [, args = '', shown] of blocks) {
    const argv = ['src/deploy/cli/main.ts', ...args.split(' ')]
    const ran = spawnSync(process.execPath, argv, { cwd: ROOT, encoding: 'utf8' })
    expect(shown).toBe(ran.stdout)
  }
})

test('every decision is numbered in turn and listed', () => {
  const decisions = files.filter(file => /^docs\/decisions\/\d/.test(file))
  const index = read('docs/decisions/README.md')
  for (const [at, file] of decisions.entries()) {
    const number = String(at + 1).padStart(4, '0')
    expect(file).toMatch(new RegExp(`^docs/decisions/${number}-[a-z0-9-]+\\.md$`))
    expect(read(file)).toMatch(new RegExp(`^# ${number} .+\n\n## Context\n`))
    expect(index).toContain(file.slice('docs/decisions/'.length))
  }
})

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

/** Targets of Markdown links that are files of this repository. */
function links(page: string): readonly string[] {
  return [...page.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
    .map(([, target = '']) => target)
    .filter(target => !/^[a-z]+:/.test(target))
}
