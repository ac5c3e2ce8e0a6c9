import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'

const guarded = (code: string) =>
  spawn(process.execPath, ['mutate/guard.ts', '-e', code], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  })

test('what is guarded ends with whoever has started it, even in an endless loop', async () => {
  const child = guarded("require('node:fs').writeSync(1, 'here'); for (;;);")
  const [said] = await once(child.stdout, 'data')
  expect(String(said)).toBe('here')
  const gone = once(child, 'close')
  child.stdin.end()
  // Closed once nobody holds the pipe any more: the endless one neither.
  expect(await gone).toEqual([null, 'SIGKILL'])
})

test('the guard ends as what it guards', async () => {
  expect(await once(guarded('process.exit(7)'), 'close')).toEqual([7, null])
})
