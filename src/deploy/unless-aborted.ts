/** What is awaited, or the signal's reason as soon as it is aborted: what is awaited then goes on unheard. */
export async function unlessAborted<Answer>(
  awaited: Promise<Answer>,
  signal: AbortSignal,
): Promise<Answer> {
  const heard = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { signal: heard.signal })
  })
  try {
    return await Promise.race([awaited, aborted])
  } finally {
    heard.abort()
  }
}
