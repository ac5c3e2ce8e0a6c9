import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'

it('the example of docs/queue.md prints what the page says', async () => {
  const page = await readFile('docs/queue.md', 'utf8')
  await mkdir('build', { recursive: true })
  const folder = await mkdtemp(resolve('build/docs-'))
  await writeFile(join(folder, 'example.ts'), block(page, 'example'))
  const run = spawnSync(process.execPath, ['example.ts'], { cwd: folder, encoding: 'utf8' })
  expect(run.stderr).toBe('')
  expect(run.stdout).toBe(block(page, 'output'))
  await rm(folder, { recursive: true })
})

/** The fenced block between the markers of this name. */
function block(page: string, name: string): string {
  const found = new RegExp(
    `<!-- ${name}:start -->\n\`\`\`\\w+\n([^]*?)\`\`\`\n<!-- ${name}:end -->`,
  ).exec(page)
  if (found?.[1] === undefined) throw new Error(`docs/queue.md lacks the block ${name}`)
  return found[1]
}
