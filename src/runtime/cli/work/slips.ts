import { meantAmong } from '../../config/meant.ts'
import { watchSettings } from '../../watching/settings.ts'
import { type SettingSource, workerSettings } from '../../worker/settings.ts'

/** Sentences about names that no setting has and nearly one has: whoever wrote them believes that they count. */
export function slipsOf(sources: readonly SettingSource[]): readonly string[] {
  const known = [workerSettings, watchSettings].flatMap(table =>
    Object.values(table).map(({ name }) => name as string),
  )
  return sources.flatMap(({ values, place }) =>
    Object.keys(values)
      .filter(name => name.startsWith('TQ_') && !known.includes(name))
      .flatMap(name => {
        const meant = meantAmong(known, name)
        return meant === undefined
          ? []
          : `${name} in ${place(name)} is no setting and counts for nothing: did you mean ${meant}?`
      }),
  )
}
