import type { ResultsIo } from '../results/printing.ts'
import { showProgress } from './progress.ts'
import type { Shell } from './shell.ts'

/** What writing results has of the shell that a command runs in. */
export function resultsIo({ out, err, clock, signal }: Shell): ResultsIo {
  return {
    ...{ out, err, clock, signal, stdout: process.stdout },
    progress: (what, total) => showProgress(err, clock, what, total),
  }
}
