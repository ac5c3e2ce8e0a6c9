/**
 * What a schema library offers so that anyone can validate with it: https://standardschema.dev, the
 * part that is used here. zod, valibot and arktype have it.
 */
export interface StandardSchema {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaAnswer | Promise<SchemaAnswer>
  }
}

/** `issues` is absent when the value is valid. */
export interface SchemaAnswer {
  readonly issues?: readonly SchemaIssue[] | undefined
}

/** One thing that is wrong with a row, and where. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** Whether something exported is such a schema; some libraries make them functions. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  const { '~standard': standard } = value as { readonly '~standard'?: unknown }
  return (
    typeof standard === 'object' &&
    standard !== null &&
    'validate' in standard &&
    typeof standard.validate === 'function'
  )
}

/** `score: expected number`: one thing that is wrong with a row. */
export function issueText({ message, path = [] }: SchemaIssue): string {
  const keys = path.map(part => String(typeof part === 'object' ? part.key : part))
  return keys.length === 0 ? message : `${keys.join('.')}: ${message}`
}
