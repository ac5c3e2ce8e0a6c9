/** What the command's exit code says: the one table that help, code and docs go by. */
export const exitCodes = {
  done: { code: 0, meaning: 'all was done' },
  partly: { code: 1, meaning: 'something was not done: an id was not there, or you said no' },
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
} as const satisfies Record<string, ExitCode>

export interface ExitCode {
  readonly code: number
  readonly meaning: string
}

/** Names a row of the table. */
export type ExitName = keyof typeof exitCodes
