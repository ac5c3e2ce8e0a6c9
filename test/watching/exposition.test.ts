import { expect, it } from 'vitest'
import { writeExposition } from '../../src/runtime/watching/exposition.ts'
import { workerMetrics } from '../../src/runtime/watching/metrics.ts'
import { look } from './looks.ts'
import { parseExposition } from './parse-exposition.ts'

const facts = {
  worker: 'vm"1\\2\n3',
  times: { totalSeconds: 1.5, totalTasks: 3, medianSeconds: 0.5 },
  isWell: true,
}

it('a strict reader reads back every value', () => {
  const found = parseExposition(workerMetrics(look, facts))
  expect(found.get('taskq_worker_info')?.[0]?.labels['worker']).toBe('vm"1\\2\n3')
  const readBack = (name: string, labels = {}) =>
    found
      .get(name)
      ?.find(sample => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
      ?.value
  expect(readBack('taskq_tasks_total', { outcome: 'done' })).toBe(12)
  expect(readBack('taskq_failures_total', { kind: 'timeout' })).toBe(0)
  expect(readBack('taskq_task_seconds_sum')).toBe(1.5)
  expect(readBack('taskq_task_seconds_count')).toBe(3)
  expect(readBack('taskq_queue_tasks', { state: 'ready' })).toBe(5000)
  expect(readBack('taskq_memory_bytes', { of: 'runners' })).toBe(1_310_000_000)
})

it('what is unknown is left out, not told as a number', () => {
  const unsure = { ...look, counts: undefined, secondsLeft: undefined }
  const found = parseExposition(workerMetrics(unsure, facts))
  expect(found.has('taskq_queue_tasks')).toBe(false)
  expect(found.has('taskq_queue_seconds_left')).toBe(false)
})

it('hostile text stays in its place', () => {
  const text = writeExposition([
    {
      ...{ name: 'a', type: 'gauge', help: 'two\nlines \\ here' },
      samples: [{ labels: { of: '"} 1\n# TYPE b gauge' }, value: 1 }],
    },
  ])
  expect([...parseExposition(text).keys()]).toEqual(['a'])
})
