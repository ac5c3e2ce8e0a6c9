/** The last of what a task wrote, at most so many characters. */
export class Tail {
  readonly #most: number
  #text = ''
  #cut = false

  constructor(most = 16_384) {
    this.#most = most
  }

  add(text: string): void {
    this.#text += text
    // Cut seldom: each cut copies.
    if (this.#text.length > this.#most * 4) this.#trim()
  }

  /** What is kept; starts with a mark when something before it was dropped. */
  get text(): string {
    this.#trim()
    return this.#cut ? `[...]${this.#text}` : this.#text
  }

  #trim(): void {
    if (this.#text.length <= this.#most) return
    this.#cut = true
    this.#text = this.#text.slice(-this.#most).toWellFormed()
  }
}

/** What one task may send on to the worker's own output; the rest is only kept as its tail. */
const passedCharacters = 65_536

/** What one run wrote. */
export class RunOutput {
  readonly tail = new Tail()
  #passed = 0

  /** Keeps the text; says what of it is still to be passed on. */
  take(text: string): string {
    this.tail.add(text)
    const room = passedCharacters - this.#passed
    if (room <= 0) return ''
    this.#passed += text.length
    return text.length <= room
      ? text
      : `${text.slice(0, room)}\n[more output of this task is not shown]\n`
  }
}

/** A run that writes. */
interface Writing {
  readonly ref: number
  readonly output: RunOutput
}

/**
 * Has everything this process writes to stdout and stderr noted with the task that wrote it and
 * passed on with its number.
 * What native code writes goes past this, straight to the worker.
 */
export function captureOutput(
  writerOf: () => Writing | undefined,
  pass: (ref: number, text: string) => void,
): void {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream)
    stream.write = (chunk: unknown, ...rest: unknown[]): boolean => {
      const writing = writerOf()
      if (writing === undefined) return write(chunk as string, ...(rest as []))
      const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk as Uint8Array).toString()
      const shown = writing.output.take(text)
      if (shown !== '') pass(writing.ref, shown)
      const done = rest.find(one => typeof one === 'function') as (() => void) | undefined
      if (done !== undefined) process.nextTick(done)
      return true
    }
  }
}
