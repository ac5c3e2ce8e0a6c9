import type { InsertOutput } from './io.ts'

const quietMilliseconds = 1000

/** Does what can take long, and says so when it does: who sees nothing thinks that nothing happens. */
export async function noticed<T>(
  err: Pick<InsertOutput, 'line'>,
  notice: string,
  act: () => Promise<T>,
): Promise<T> {
  const timer = setTimeout(() => {
    // A notice that cannot be written is no reason to stop.
    err.line(notice).catch(() => {})
  }, quietMilliseconds)
  try {
    return await act()
  } finally {
    clearTimeout(timer)
  }
}

/** The same for a table that is opened, where somebody sits before the screen. */
export async function noticedTable<T>(
  err: Pick<InsertOutput, 'line' | 'isLive'>,
  act: () => Promise<T>,
): Promise<T> {
  const notice = 'Reading the table to its end: all rows decide the types of its columns ...'
  return err.isLive ? await noticed(err, notice, act) : await act()
}
