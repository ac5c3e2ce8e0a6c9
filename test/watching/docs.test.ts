import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { watchSettings } from '../../src/runtime/watching/settings.ts'
import { toldKinds } from '../../src/runtime/watching/told.ts'

const text = await readFile(new URL('../../docs/watching-work.md', import.meta.url), 'utf8')
const guide = text.replaceAll(/ +/g, ' ')
const rowOf = (name: string) => guide.split('\n').find(line => line.startsWith(`| \`${name}\` |`))

it.each(Object.values(watchSettings))('the guide has $name as the worker has it', setting => {
  const fallback = setting.fallback()
  const shown = fallback === 256 * 2 ** 20 ? '256Mi' : String(fallback ?? 'none')
  expect(rowOf(setting.name)).toBe(
    `| \`${setting.name}\` | ${shown} | ${setting.range} | ${setting.help} |`,
  )
})

it.each(Object.entries(toldKinds))('the guide has the event %s with its fields', (name, kind) => {
  const fields = Object.entries(kind.fields).map(([field, says]) => `\`${field}\`: ${says}`)
  expect(rowOf(name)).toBe(`| \`${name}\` | ${kind.says} | ${fields.join('; ')} |`)
})

it('the guide lists no event that is none', () => {
  const rows = [...guide.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name)
  expect(rows).toEqual(Object.keys(toldKinds))
})
