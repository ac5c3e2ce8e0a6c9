import type { Driver, Finding } from '../../queue/driver.ts'
import { TaskqError } from '../../queue/errors.ts'
import { countText } from '../../terminal/amounts.ts'
import { jsonLine, safe } from '../../terminal/safe.ts'
import type { Run } from '../catalogue.ts'

/** Of each kind so many are named; JSON has all of them. */
const shownOfAKind = 5

/** `taskq fsck`: what is not as it should be, and with --mend its mending. */
export const run: Run = async ({ out, err }, { url, driver }, { flags }) => {
  const findings = await neededUpkeep(driver).check(flags.mend ? 'mend' : 'look')
  const left = findings.filter(({ state }) => state === 'left').length
  if (flags.json) {
    for (const finding of findings) await out.line(jsonLine(finding))
    return left === 0 ? 'done' : 'partly'
  }
  for (const [kind, some] of Object.entries(Object.groupBy(findings, ({ kind }) => kind)))
    for (const line of linesOf(kind, some ?? [])) await out.line(line)
  const mended = findings.length - left
  if (findings.length === 0) await out.line(`${safe(url)} is in order.`)
  else await out.line(`${countText(mended)} mended, ${countText(left)} left.`)
  if (left > 0 && !flags.mend) await err.line('Nothing was changed; --mend puts right what can be.')
  return left === 0 ? 'done' : 'partly'
}

function linesOf(kind: string, findings: readonly Finding[]): readonly string[] {
  const says = findings[0]?.says ?? ''
  const rest = findings.length - shownOfAKind
  return [
    `${kind} (${countText(findings.length)}): ${safe(says)}`,
    ...findings.slice(0, shownOfAKind).map(({ name }) => `  ${safe(name)}`),
    ...(rest > 0 ? [`  and ${countText(rest)} more`] : []),
  ]
}

function neededUpkeep({ url, upkeep }: Driver): NonNullable<Driver['upkeep']> {
  if (upkeep !== undefined) return upkeep
  throw new TaskqError(
    'unsupported',
    `${url} needs no upkeep: its store keeps itself in order. fsck is for queues of files (fq:).`,
  )
}
