/** Puts a question and answers with the line typed; `undefined` when the input ended instead. */
export type Asking = (question: string) => Promise<string | undefined>

/** Whether an answer agrees; none and anything but yes does not. */
export function isYes(answer: string | undefined): boolean {
  return /^y(es)?$/i.test(answer?.trim() ?? '')
}

/** Asks on the terminal. Ctrl-C, which a terminal hands to whoever reads it, goes to `interrupt`. */
export async function askPerson(
  question: string,
  signal: AbortSignal,
  interrupt: () => void,
): Promise<string | undefined> {
  const { createInterface } = await import('node:readline/promises')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  lines.once('SIGINT', interrupt)
  const ended = new Promise<undefined>(resolve => {
    lines.once('close', () => resolve(undefined))
  })
  try {
    return await Promise.race([lines.question(question, { signal }), ended])
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    lines.close()
  }
}
