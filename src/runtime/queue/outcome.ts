import type { Lease, Message } from './driver.ts'

/** What became of a task, as it lies in a queue beside the one it came from. */
export interface Outcome {
  readonly id: string
  readonly attempts: number
  /** Opaque text kept with it. */
  readonly record?: string
  /** Only of a dead task: why it is dead. */
  readonly reason?: string
  /** Only of a dead task: its body to the letter, so that it can be revived. */
  readonly body?: string
}

/**
 * An outcome as a message of at most `bodyBytes`, deflated where it would be too large as it is;
 * before the body of a dead task does not fit, its record goes.
 */
export function wrapOutcome({ id, ...kept }: Outcome, bodyBytes: number): Message {
  const { record, body, ...told } = kept
  const forms = [
    () => JSON.stringify(kept),
    () => JSON.stringify({ ...told, deflated: deflated({ record, body }) }),
    ...(body === undefined
      ? []
      : [() => JSON.stringify({ ...told, deflated: deflated({ body }) })]),
  ]
  let text = ''
  for (const form of forms) {
    text = form()
    if (Buffer.byteLength(text) <= bodyBytes) break
  }
  return { id, body: text }
}

/** Reads an outcome. A message that is none was put there by the store itself, with its body as it was. */
export function unwrapOutcome({ id, body }: Pick<Lease, 'id' | 'body'>): Outcome {
  const kept = readKept(body)
  if (kept === undefined) return { id, attempts: 0, reason: movedReason, body }
  const { attempts, reason } = kept
  const { record, body: whole } = kept.deflated === undefined ? kept : inflated(kept.deflated)
  return {
    ...{ id, attempts },
    ...(record !== undefined && { record }),
    ...(reason !== undefined && { reason }),
    ...(whole !== undefined && { body: whole }),
  }
}

const movedReason = 'exit: the store moved it here, delivered more often than it allows'

interface Kept extends Omit<Outcome, 'id'> {
  readonly deflated?: string
}

function readKept(text: string): Kept | undefined {
  try {
    const raw = JSON.parse(text) as Record<string, unknown> | null
    const { attempts, record, reason, body, deflated } = raw ?? {}
    const isKept =
      Number.isInteger(attempts) &&
      [record, reason, body, deflated].every(part => part === undefined || typeof part === 'string')
    return isKept ? (raw as unknown as Kept) : undefined
  } catch {
    return undefined
  }
}

type Large = { readonly record?: string | undefined; readonly body?: string | undefined }

/** No task that a queue could take is larger. */
const mostBytes = 64 * 2 ** 20

/** Loaded when it is needed: few outcomes are large, and it takes 10 ms of every start. */
const zlib = () => process.getBuiltinModule('node:zlib')

function deflated(large: Large): string {
  return zlib().deflateRawSync(JSON.stringify(large)).toString('base64')
}

function inflated(base64: string): Large {
  const text = zlib().inflateRawSync(Buffer.from(base64, 'base64'), { maxOutputLength: mostBytes })
  return JSON.parse(text.toString()) as Large
}
