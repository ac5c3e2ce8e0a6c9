import { isDeepStrictEqual } from 'node:util'
import { type Answer, failure } from './refusals.ts'
import { isJson, type Json } from './store.ts'

/** Who set which field last: by the field's path, the managers with their way of writing. */
export type Owners = Map<string, Map<string, 'Apply' | 'Update'>>

/** The leaves of an object by their paths; metadata that names the object has no owner. */
export function leaves(value: unknown, path = ''): readonly [string, unknown][] {
  if (!isJson(value) || Object.keys(value).length === 0) return [[path, value]]
  return Object.entries(value).flatMap(([name, each]) => {
    const below = `${path}.${name}`
    const isIdentity = /^\.(apiVersion|kind|metadata\.(name|namespace))$/.test(below)
    return isIdentity ? [] : leaves(each, below)
  })
}

/** The refusal when an apply would change what others own; `undefined` when it may go on. */
export function conflict(
  owners: Owners,
  manager: string,
  before: Json,
  wanted: Json,
): Answer | undefined {
  const now = new Map(leaves(before))
  const causes = leaves(wanted).flatMap(([path, value]) => {
    if (isDeepStrictEqual(now.get(path), value)) return []
    return [...(owners.get(path) ?? [])]
      .filter(([other, way]) => other !== manager || way === 'Update')
      .map(([other, way]) => ({
        reason: 'FieldManagerConflict',
        message: `conflict with "${other}"${way === 'Update' ? ' using batch/v1' : ''}`,
        field: path,
      }))
  })
  if (causes.length === 0) return undefined
  const others = new Set(causes.map(({ message }) => message))
  const fields = causes.map(({ field }) => `- ${field}`).join('\n')
  const text = `Apply failed with ${causes.length} conflict${causes.length > 1 ? 's' : ''}: ${[...others].join(', ').replace('conflict with', 'conflicts with')}:\n${fields}`
  return failure(409, text, 'Conflict', causes)
}

/** Notes who set the fields: an apply shares what is the same, everything else takes over. */
export function own(
  owners: Owners,
  manager: string,
  way: 'Apply' | 'Update',
  before: Json | undefined,
  written: Json,
): void {
  const now = new Map(before === undefined ? [] : leaves(before))
  for (const [path, value] of leaves(written)) {
    const isSame = now.has(path) && isDeepStrictEqual(now.get(path), value)
    const held = isSame ? (owners.get(path) ?? new Map()) : new Map()
    owners.set(path, new Map(held).set(manager, way))
  }
}

/** A merge patch, or the same for an apply: objects are merged, everything else is replaced. */
export function merged(before: unknown, patch: unknown): unknown {
  if (!isJson(patch)) return patch
  const base = isJson(before) ? before : {}
  const entries = Object.entries(patch).map(([name, each]) => [name, merged(base[name], each)])
  return Object.fromEntries(
    Object.entries({ ...base, ...Object.fromEntries(entries) }).filter(([, each]) => each !== null),
  )
}
