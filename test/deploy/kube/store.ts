/** An object as JSON. */
export type Json = Record<string, unknown>

/** One thing that happened to an object, in the order of versions. */
export interface Happening {
  readonly version: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly collection: string
  readonly object: Json
}

/** The objects of the fake server by path, and what happened to them. */
export class Store {
  readonly objects = new Map<string, Json>()
  readonly happenings: Happening[] = []
  readonly listeners = new Set<() => void>()
  #version = 100
  #uid = 0

  get version(): number {
    return this.#version
  }

  /** Keeps an object; the server's own fields are set as a real one does. */
  put(path: string, object: Json): Json {
    const before = this.objects.get(path)
    const meta = metadataOf(object)
    this.#version += 1
    if (before === undefined) {
      this.#uid += 1
      meta['uid'] = `uid-${this.#uid}`
      meta['creationTimestamp'] = new Date().toISOString()
    }
    meta['resourceVersion'] = String(this.#version)
    this.objects.set(path, object)
    this.#tell(before === undefined ? 'ADDED' : 'MODIFIED', path, object)
    return object
  }

  drop(path: string): void {
    const object = this.objects.get(path)
    if (object === undefined) return
    this.#version += 1
    metadataOf(object)['resourceVersion'] = String(this.#version)
    this.objects.delete(path)
    this.#tell('DELETED', path, object)
  }

  /** The objects directly below a collection's path. */
  list(collection: string): readonly [string, Json][] {
    return [...this.objects].filter(([path]) => parentOf(path) === collection)
  }

  #tell(type: Happening['type'], path: string, object: Json): void {
    const copy = structuredClone(object)
    this.happenings.push({ version: this.#version, type, collection: parentOf(path), object: copy })
    for (const listener of this.listeners) listener()
  }
}

/** The metadata of an object, made when it has none. */
export function metadataOf(object: Json): Json {
  const found = object['metadata']
  if (isJson(found)) return found
  const made: Json = {}
  object['metadata'] = made
  return made
}

/** A field further down; empty when it is not there. */
export function at(object: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      (typeof value === 'object' && value !== null) || typeof value === 'function'
        ? Reflect.get(value, name)
        : undefined,
    object,
  )
}

/** A field further down as text; empty when it is none. */
export function textAt(object: unknown, ...path: readonly (string | number)[]): string {
  const found = at(object, ...path)
  return typeof found === 'string' || typeof found === 'number' ? String(found) : ''
}

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}
