import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repositoryFiles } from '../../tools/files.ts'
import { ROOT } from '../../tools/workspaces.ts'

const exported =
  /^export (?:declare )?(?:async )?(?:function\*?|const|class|interface|type) (?<name>\w+)/

test('every exported name says in a sentence what it is; names that follow at once share one', () => {
  const silent = repositoryFiles()
    .filter(file => /^(src|generators)\/.*\.ts$/.test(file))
    .flatMap(file => silentNames(file))
  expect(silent).toEqual([])
})

function silentNames(file: string): readonly string[] {
  const lines = readFileSync(join(ROOT, file), 'utf8').split('\n')
  return lines.flatMap((line, at) => {
    const name = exported.exec(line)?.groups?.['name']
    const isAlone = (lines[at - 1] ?? '').trim() === ''
    return name !== undefined && isAlone && !isOfModule(file, name) ? `${file}: ${name}` : []
  })
}

/** What every file of a command exports is said once, where commands are listed. */
function isOfModule(file: string, name: string): boolean {
  return file.startsWith('src/runtime/cli/commands/') && ['options', 'run'].includes(name)
}
