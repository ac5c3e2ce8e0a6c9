/** What is asked of the metadata server of a machine. */
export interface MetadataRequest {
  readonly endpoint: string
  readonly path: string
  readonly method?: 'GET' | 'PUT'
  readonly headers: Readonly<Record<string, string>>
  /** Without an answer for so long it is given up. */
  readonly timeoutSeconds: number
  readonly signal: AbortSignal
}

/** What a metadata server said. */
export interface MetadataAnswer {
  readonly status: number
  readonly flavor: string | undefined
  readonly body: string
}

/** An answer is a word or a small object; more is none of a metadata server. */
const mostCharacters = 65_536

/** Asks the metadata server; `undefined` when it does not answer, for most machines have none. */
export async function askMetadata(asked: MetadataRequest): Promise<MetadataAnswer | undefined> {
  // Late: it takes 10 ms to load, before the first task.
  const { request } = await import('node:http')
  const { endpoint, path, method = 'GET', headers, timeoutSeconds, signal } = asked
  return await new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, endpoint),
      { method, headers, signal, agent: false, timeout: timeoutSeconds * 1000 },
      answer => {
        let body = ''
        answer.setEncoding('utf8').on('data', (text: string) => {
          body += text
          if (body.length > mostCharacters) sent.destroy()
        })
        answer.on('end', () => {
          const flavor = answer.headers['metadata-flavor']
          resolve({ status: answer.statusCode ?? 0, flavor: flavor?.toString(), body })
        })
        answer.on('error', () => resolve(undefined))
      },
    )
    sent.on('timeout', () => sent.destroy())
    sent.on('error', () => {
      if (signal.aborted) reject(signal.reason as Error)
      else resolve(undefined)
    })
    sent.on('close', () => resolve(undefined))
    sent.end()
  })
}
