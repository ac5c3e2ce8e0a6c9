/** What JSON text can hold, its integers exact. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonValue[]
  | JsonObject

/** A JSON object; a property that is `undefined` counts as absent. */
export type JsonObject = { readonly [key: string]: JsonValue | undefined }
