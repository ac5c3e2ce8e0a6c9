import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { exitCodes } from '../../src/runtime/config/exit-codes.ts'
import { workerSettings } from '../../src/runtime/worker/settings.ts'

const text = await readFile(new URL('../../docs/running-tasks.md', import.meta.url), 'utf8')
const guide = text.replaceAll(/ +/g, ' ')

it.each(Object.values(workerSettings))('the guide has $name as the worker has it', setting => {
  const row = guide.split('\n').find(line => line.startsWith(`| \`${setting.name}\` |`))
  expect(row).toContain(`| ${setting.range} | ${setting.help} |`)
  const { name } = setting
  const spoken = ['TQ_CONCURRENCY', 'TQ_MEMORY_LIMIT', 'TQ_RETRY_ON', 'TQ_RECYCLE_ABOVE'].includes(
    name,
  )
  if (!spoken) expect(row).toContain(`| ${String(setting.fallback())} |`)
})

it('the guide lists every exit code', () => {
  const listed = [...guide.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code))
  expect(new Set(listed)).toEqual(new Set<number>(Object.values(exitCodes)))
})
