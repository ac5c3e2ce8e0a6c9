import { expect, it } from 'vitest'
import { meantAmong } from '../../src/runtime/config/meant.ts'

it.each([
  ['the nearest, whichever is known first', ['hostPort', 'hostPath'], 'hostPat', 'hostPath'],
  ['one with two letters the other way round', ['restartPolicy'], 'restartPoilcy', 'restartPolicy'],
  ['none of a short word with two slips, which is another', ['path', 'host'], 'port', undefined],
  ['none that is far', ['TQ_CONCURRENCY'], 'TQ_MINE', undefined],
])('of words the meant one is %s', (_, known, written, meant) => {
  expect(meantAmong(known, written)).toBe(meant)
})
