/** What commands say of how far they are once a second or more has passed, in a pipe: lines, or events of `--json`. */
const progress =
  /^(?:[\d,]+(?: of [\d,]+)? [a-z ]+|[\d,]+\/[\d,]+.*|Reading the table to its end.*|\{"event":"progress".*)\n/gm

/** The text without it, for how soon a command is done is a matter of the machine. */
export function withoutProgress(text: string): string {
  return text.replaceAll(progress, '')
}
