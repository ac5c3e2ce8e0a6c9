import { runnerOf } from '../moving/command.ts'

/** `taskq mv`: what waits goes into another queue, and is no longer in this one. */
export const runBetween = runnerOf('mv')
