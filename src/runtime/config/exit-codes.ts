/**
 * What an exit code says: the one table that every command, the help and the docs go by. 64 to 78
 * are final for a fleet, which ends at once and starts nothing anew for them; all others concern one
 * worker, which is replaced.
 */
export const exits = {
  done: { code: 0, meaning: 'all was done' },
  partly: {
    code: 1,
    meaning: 'something was not done: no such id, you said no, or a worker had a fault',
  },
  usage: { code: 64, meaning: 'wrong usage or configuration: no such queue, option or file' },
  data: {
    code: 65,
    meaning: 'the table or a row is wrong (insert); too many failures in a row (work)',
  },
  incomplete: { code: 66, meaning: 'results are missing, or tasks are dead (results)' },
  unavailable: { code: 69, meaning: 'the store did not answer; run the same again' },
  bug: { code: 70, meaning: 'a fault of taskq itself; please report it' },
  interrupted: { code: 130, meaning: 'ended by Ctrl-C' },
  terminated: { code: 143, meaning: 'ended by SIGTERM' },
} as const satisfies Record<string, Exit>

/** A row of the table: the code, and what it says to people. */
export interface Exit {
  readonly code: number
  readonly meaning: string
}

/** Names a row of the table. */
export type ExitName = keyof typeof exits

/** The codes by their names. */
export const exitCodes = Object.fromEntries(
  Object.entries(exits).map(([name, { code }]) => [name, code]),
) as { readonly [Name in ExitName]: (typeof exits)[Name]['code'] }

/** Any of the codes. */
export type ExitCode = (typeof exitCodes)[ExitName]
