/** A licence that a project can have; its text is in `templates/licence-<name>`. */
export interface Licence {
  /** What it is, for people who choose. */
  readonly says: string
  /** What `license` of package.json says. */
  readonly spdx: string
}

/** The licences on offer; the first is what is usual. */
export const licences: Readonly<Record<string, Licence>> = {
  mit: { says: 'MIT', spdx: 'MIT' },
  'apache-2.0': { says: 'Apache 2.0', spdx: 'Apache-2.0' },
  'bsd-3-clause': { says: 'BSD, three clauses', spdx: 'BSD-3-Clause' },
  none: { says: 'none: all rights reserved', spdx: 'UNLICENSED' },
}
