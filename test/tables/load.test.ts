import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { load } from '../../src/runtime/tables/load.ts'

const root = join(import.meta.dirname, '../..')

describe('the packages that readers need', () => {
  it('when missing are named with the command that installs them', async () => {
    const absent: string = 'apache-arrow-that-is-not-there'
    await expect(
      load(() => import(absent), '.feather', 'apache-arrow@^21.2.0'),
    ).rejects.toMatchObject({
      code: 'unsupported',
      message: 'reading .feather needs apache-arrow; npm install --save-dev apache-arrow@^21.2.0',
    })
  })

  it('are optional peers of the runtime, at the versions the messages name', async () => {
    const manifest = JSON.parse(await readFile(join(root, 'src/runtime/package.json'), 'utf8')) as {
      peerDependencies: Record<string, string>
      peerDependenciesMeta: Record<string, { optional: boolean }>
    }
    for (const reader of ['arrow', 'parquet', 'csv', 'yaml']) {
      const source = await readFile(join(root, `src/runtime/tables/${reader}.ts`), 'utf8')
      const needs = [...source.matchAll(/'([a-z-]+)@(\^[\d.]+)'/g)]
      expect(needs.length).toBeGreaterThan(0)
      for (const [, name = '', version] of needs) {
        expect(manifest.peerDependencies[name]).toBe(version)
        expect(manifest.peerDependenciesMeta[name]?.optional).toBe(true)
      }
    }
  })
})
