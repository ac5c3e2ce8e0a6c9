import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { showProgress } from '../../src/runtime/cli/progress.ts'
import { Output, type OutputStream } from '../../src/runtime/terminal/output.ts'
import { ManualClock } from '../../src/runtime/testing/index.ts'

function streamOf(kind: 'terminal' | 'pipe'): { stream: OutputStream; text: () => string } {
  let text = ''
  const writable = new Writable({
    write(chunk, _, written) {
      text += String(chunk)
      written()
    },
  })
  const stream = Object.assign(writable, { isTTY: kind === 'terminal', columns: 80 })
  return { stream, text: () => text }
}

describe('progress', () => {
  it('is silent for a second, then draws over itself in a terminal and clears the line', async () => {
    const clock = new ManualClock()
    const { stream, text } = streamOf('terminal')
    const progress = showProgress(new Output(stream), clock, 'dead tasks', 5_000)
    clock.advance(0.9)
    await progress.tell(1_000)
    expect(text()).toBe('')
    clock.advance(0.2)
    await progress.tell(2_000)
    await progress.tell(2_001)
    clock.advance(0.3)
    await progress.tell(3_000)
    await progress.end()
    const clear = '\r\u001b[K'
    expect(text()).toBe(
      `${clear}2,000 of 5,000 dead tasks${clear}3,000 of 5,000 dead tasks${clear}`,
    )
  })

  it('is a line every ten seconds elsewhere', async () => {
    const clock = new ManualClock()
    const { stream, text } = streamOf('pipe')
    const progress = showProgress(new Output(stream), clock, 'dead tasks', undefined)
    for (let second = 0; second < 25; second += 1) {
      clock.advance(1)
      await progress.tell(second)
    }
    await progress.end()
    expect(text()).toBe('0 dead tasks\n10 dead tasks\n20 dead tasks\n')
  })
})

describe('output', () => {
  it('that fails is a fault where it is needed, and let go where it is spare', async () => {
    const failing = () => {
      const stream = new PassThrough()
      stream.destroy(Object.assign(new Error('full'), { code: 'ENOSPC' }))
      return stream
    }
    await expect(new Output(failing()).line('x')).rejects.toThrow(/output cannot be written/)
    expect(await new Output(failing(), 'spare').line('x')).toBe(false)
  })
})
