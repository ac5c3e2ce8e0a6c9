import type { Held } from '../../queue/driver.ts'

/** A lease call's number, which no other call of this file ever gets, and the task it lent. */
export interface Token {
  readonly lease: number
  readonly seq: number
}

/** The id of the task is part of it, so that no look into the file is needed to see whose it is. */
export function writeToken({ lease, seq }: Token, id: string): string {
  return `${lease}.${seq}.${id}`
}

/** `undefined` for text that `writeToken` never wrote for a task of this id. */
export function readToken({ id, token }: Pick<Held, 'id' | 'token'>): Token | undefined {
  const point = token.indexOf('.')
  const lease = Number(token.slice(0, point))
  const seq = Number(token.slice(point + 1, -1 - id.length))
  const isWhole = Number.isSafeInteger(lease) && Number.isSafeInteger(seq)
  return isWhole && token === writeToken({ lease, seq }, id) ? { lease, seq } : undefined
}
