/** A lease call's number, which no other call of this file ever gets, and the task it lent. */
export interface Token {
  readonly lease: number
  readonly seq: number
}

export function writeToken({ lease, seq }: Token): string {
  return `${lease}.${seq}`
}

/** `undefined` for text that `writeToken` never wrote. */
export function readToken(text: string): Token | undefined {
  const match = /^([1-9]\d{0,15})\.([1-9]\d{0,15})$/.exec(text)
  return match === null ? undefined : { lease: Number(match[1]), seq: Number(match[2]) }
}
