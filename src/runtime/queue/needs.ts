import { TaskqError } from './errors.ts'

/** A package of the cloud's own that a kind of queue or store is used by. */
export interface Need {
  readonly package: string
  readonly version: string
}

/** Says what to install before the import of a queue's or store's module fails with a stack trace. */
export function refuseMissing({
  scheme,
  needs,
}: {
  readonly scheme: string
  readonly needs?: Need
}): void {
  if (needs === undefined) return
  try {
    import.meta.resolve(needs.package)
  } catch (cause) {
    throw new TaskqError(
      'unsupported',
      `${scheme}: needs ${needs.package}, which is not installed. Run: npm install ${needs.package}@${needs.version}`,
      { cause },
    )
  }
}
