import { describe, expect, test } from 'vitest'
import { asksForTheSame, changesOf, mergeManifest } from '../../generators/app/changes.ts'
import { partsOf, printOf, readRecord, writeRecord } from '../../generators/app/record.ts'
import { answersWith } from './kit.ts'

const [old, fresh, mine] = ['old', 'fresh', 'mine'].map(printOf)

describe('what is to happen to a file', () => {
  test.each([
    ['it is created where it never was', undefined, undefined, 'create'],
    ['it stays as it is where it is as planned', fresh, undefined, 'same'],
    ['it is updated where only the template changed', old, old, 'update'],
    ['it stays where only the user changed it', mine, fresh, 'yours'],
    ['it stays away where only the user removed it', undefined, fresh, 'yours'],
    ['it is asked about where both changed it', mine, old, 'conflict'],
    [
      'it is asked about where something of that name lies that is not ours',
      mine,
      undefined,
      'conflict',
    ],
  ])('%s', (_, there, before, fate) => {
    const recorded = before === undefined ? {} : { file: before }
    const [change] = changesOf([{ path: 'file', content: 'fresh' }], () => there, recorded)
    expect(change).toEqual({ path: 'file', fate })
  })

  test('a file that is planned no more goes, unless the user changed it', () => {
    const there = (path: string) => (path === 'touched' ? mine : path === 'gone' ? undefined : old)
    const recorded = { touched: String(old), gone: String(old), whole: String(old) }
    expect(changesOf([], there, recorded)).toEqual([
      { path: 'touched', fate: 'left' },
      { path: 'whole', fate: 'remove' },
    ])
  })
})

describe('package.json of a user', () => {
  const before = partsOf({ scripts: { a: '1', b: '1', c: '1' }, dependencies: { old: '1' } })
  const ours = partsOf({ scripts: { a: '2', b: '2', d: '2' }, dependencies: { fresh: '1' } })

  test('takes over what we changed and keeps what the user changed, added or removed', () => {
    const theirs = {
      name: 'mine',
      scripts: { a: '1', b: 'own', own: '1' },
      dependencies: { old: '1', lodash: '4' },
    }
    expect(mergeManifest(theirs, before, ours)).toEqual({
      name: 'mine',
      scripts: { a: '2', b: 'own', d: '2', own: '1' },
      dependencies: { fresh: '1', lodash: '4' },
      devDependencies: {},
    })
  })

  test('fits our lock only while it asks for the same packages', () => {
    expect(asksForTheSame(ours, partsOf({ dependencies: { fresh: '1' } }))).toBe(true)
    expect(asksForTheSame(partsOf({ dependencies: { fresh: '1', lodash: '4' } }), ours)).toBe(false)
  })
})

describe('what a project remembers', () => {
  test('is read as it was written', () => {
    const record = {
      ...{ version: '1.2.3', answers: answersWith(), tasks: ['clean'], year: 2026 },
      ...{ files: { 'task.ts': String(old) }, manifest: partsOf({}) },
    }
    expect(readRecord(writeRecord(record))).toEqual(record)
  })

  test('of another generator is none, and what is broken is refused', () => {
    expect(readRecord('{"generator-other":{"a":1}}')).toBeUndefined()
    expect(() => readRecord('{"generator-taskq-project":{"answers":1}}')).toThrow(/no answers/)
    const wrong = '{"generator-taskq-project":{"answers":{"git":"yes","name":7},"files":{}}}'
    expect(readRecord(wrong)?.answers).toEqual({})
  })
})
