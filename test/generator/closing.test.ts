import { expect, test } from 'vitest'
import { closing, type Outcome } from '../../generators/app/closing.ts'
import type { Update } from '../../generators/app/update.ts'
import { answersWith } from './kit.ts'

const outcome: Outcome = {
  ...{ cwd: '/home/ada', folder: '/home/ada/my-job', machineNode: '26.10.0' },
  ...{ isListed: false, failure: undefined },
}

/** An update that made a project. */
const made: Update = {
  changes: [{ path: 'task.ts', fate: 'create' }],
  ...{ newTask: undefined, isOtherQueue: true, isNew: true },
  ...{ isInstallNeeded: true, isLockOurs: true },
  contentOf: () => undefined,
  report: () => '',
  removeOld: () => [],
}

const old: Update = { ...made, isNew: false, isOtherQueue: false, isInstallNeeded: false }

test('a queue that costs money is made before the first insert, be it of a further task', () => {
  const answers = answersWith({ queue: 'sqs' })
  expect(closing(answers, made, outcome)).toMatch(/create-queue\n +npm run insert-tasks\n/)
  expect(closing(answers, { ...old, newTask: 'clean' }, outcome)).toBe(`
Next:
  cd my-job
  npm run create-queue -- -e config/clean.env
  npm run insert-clean
  npm run work-clean -- --until drained`)
  expect(closing(answersWith(), { ...old, newTask: 'clean' }, outcome)).not.toContain(
    'create-queue',
  )
})

test('that nothing changed is said once, and nothing when there is nothing to do', () => {
  const same: Update = { ...old, changes: [{ path: 'task.ts', fate: 'same' }] }
  expect(closing(answersWith(), same, outcome)).toContain('Nothing changed')
  expect(closing(answersWith(), same, { ...outcome, isListed: true })).toBe('')
  expect(closing(answersWith(), old, outcome)).toBe('')
})

test('a Node that is too old is told of, unless the project brings its own', () => {
  const on = (machineNode: string, pinNode: boolean) =>
    closing(answersWith({ pinNode }), made, { ...outcome, machineNode })
  expect(on('24.14.1', false)).toContain('is 24.14.1, and the project needs 24.15')
  expect(on('24.15.0', false)).not.toContain('needs')
  expect(on('20.20.2', true)).not.toContain('needs')
})

test('a bucket that nobody named is minded', () => {
  const answers = answersWith({ deploy: 'gke', queue: 'pubsub' })
  expect(closing(answers, made, outcome)).toContain('CF_CLOUDPATH=gs://my-bucket/')
  const named = answersWith({ deploy: 'gke', queue: 'pubsub', cloudpath: 'gs://ours/job' })
  expect(closing(named, made, outcome)).not.toContain('CF_CLOUDPATH')
})
