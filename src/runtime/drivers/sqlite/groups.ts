import type { Token } from './token.ts'

/** Tasks of one lease call with as many attempts: what one statement finishes. */
export interface Group {
  readonly lease: number
  readonly attempts: number
  /** The members of a JSON object: each task's record by its number. */
  records: string
}

/** Outcomes by what is the same for many of them; whoever leases in batches has few groups. */
export class Groups {
  readonly #groups = new Map<string, Group>()
  #latest: Group | undefined;

  [Symbol.iterator](): MapIterator<Group> {
    return this.#groups.values()
  }

  add(
    { lease, seq }: Token,
    { attempts = 0, record }: { readonly attempts?: number; readonly record?: string },
  ): void {
    const group = this.#groupOf(lease, attempts)
    if (group.records !== '') group.records += ','
    group.records += `"${seq}":${record === undefined ? 'null' : JSON.stringify(record)}`
  }

  #groupOf(lease: number, attempts: number): Group {
    const latest = this.#latest
    if (latest?.lease === lease && latest.attempts === attempts) return latest
    const name = `${lease} ${attempts}`
    const group = this.#groups.get(name) ?? { lease, attempts, records: '' }
    this.#groups.set(name, group)
    this.#latest = group
    return group
  }
}
