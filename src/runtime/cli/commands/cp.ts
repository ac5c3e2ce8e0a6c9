import { runnerOf } from '../moving/command.ts'

/** `taskq cp`: what is not finished goes into another queue as well. */
export const runBetween = runnerOf('cp')
