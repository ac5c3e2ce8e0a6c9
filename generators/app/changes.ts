import type { PlannedFile } from './plan.ts'
import { type ManifestParts, manifestParts, partsOf, printOf } from './record.ts'

/** What is to happen to one file of a project, and why. */
export interface Change {
  readonly path: string
  readonly fate: Fate
}

/**
 * `create`: it is not there yet. `same`: it is as planned. `update`: the template changed, the user
 * did not touch it. `yours`: the user changed or removed it, the template is what it was. `conflict`:
 * both changed it. `remove`: it is planned no more and untouched. `left`: it is planned no more, but
 * the user changed it.
 */
export type Fate = 'create' | 'same' | 'update' | 'yours' | 'conflict' | 'remove' | 'left'

/** The prints of files by their paths. */
export type Prints = Readonly<Record<string, string>>

/** Compares what is planned with what lies there and with what was written last time. */
export function changesOf(
  planned: readonly PlannedFile[],
  there: (path: string) => string | undefined,
  recorded: Prints,
): readonly Change[] {
  const paths = new Set(planned.map(({ path }) => path))
  const gone = Object.keys(recorded).filter(path => !paths.has(path))
  return [
    ...planned.map(({ path, content }) => ({
      path,
      fate: fateOf(printOf(content), there(path), recorded[path]),
    })),
    ...gone.flatMap(path => {
      const found = there(path)
      if (found === undefined) return []
      return [{ path, fate: found === recorded[path] ? ('remove' as const) : ('left' as const) }]
    }),
  ]
}

function fateOf(planned: string, there: string | undefined, before: string | undefined): Fate {
  if (there === planned) return 'same'
  if (before === planned) return 'yours'
  if (there === undefined) return 'create'
  return there === before ? 'update' : 'conflict'
}

/**
 * The package.json of a user with what the generator changed since: of the parts both write, what the
 * user added or changed stays, and the rest is as planned.
 */
export function mergeManifest(
  theirs: Readonly<Record<string, unknown>>,
  before: ManifestParts,
  ours: ManifestParts,
): Readonly<Record<string, unknown>> {
  const parts = manifestParts.map(part => {
    const mine = partsOf(theirs)[part]
    const kept = Object.entries(mine).filter(([name, value]) => before[part][name] !== value)
    const named = new Set(kept.map(([name]) => name))
    const fresh = Object.entries(ours[part]).filter(([name]) => {
      const isRemoved = Object.hasOwn(before[part], name) && !Object.hasOwn(mine, name)
      return !named.has(name) && !isRemoved
    })
    return [part, Object.fromEntries([...fresh, ...kept])]
  })
  return { ...theirs, ...Object.fromEntries(parts) }
}

/** Whether a package.json asks for just the packages that are planned, so that the planned lock fits. */
export function asksForTheSame(theirs: ManifestParts, ours: ManifestParts): boolean {
  const text = ({ dependencies, devDependencies }: ManifestParts) =>
    [dependencies, devDependencies]
      .map(part =>
        Object.entries(part)
          .map(entry => entry.join('@'))
          .toSorted()
          .join(' '),
      )
      .join('\n')
  return text(theirs) === text(ours)
}
