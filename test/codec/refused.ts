import { expect } from 'vitest'
import { isTaskqError } from '../../src/runtime/queue/errors.ts'

/** Runs `act`, which must refuse with `invalid`; answers the message. */
export function refusal(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (!isTaskqError(error, 'invalid')) throw error
    expect(error.message).not.toMatch(/\p{C}/u)
    return error.message
  }
  return expect.fail('was not refused')
}
