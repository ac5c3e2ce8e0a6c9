/** A lease call's number, which no other call of this file ever gets, and the task it lent. */
export interface Token {
  readonly lease: number
  readonly seq: number
}

export function writeToken({ lease, seq }: Token): string {
  return `${lease}.${seq}`
}

/** `undefined` for text that no lease of ours ever gave out. */
export function readToken(text: string): Token | undefined {
  const dot = text.indexOf('.')
  const lease = Number(text.slice(0, dot))
  const seq = Number(text.slice(dot + 1))
  return Number.isSafeInteger(lease) && Number.isSafeInteger(seq) ? { lease, seq } : undefined
}
