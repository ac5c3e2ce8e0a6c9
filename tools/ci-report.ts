import { existsSync, readFileSync } from 'node:fs'

const [allowedFile = '.ci/allowed-skips.json', ...resultsFiles] = process.argv.slice(2)

process.exitCode = main()

/** Prints what CI must know of its test runs, its last line `N passed, N failed`; 0 when all is well. */
function main(): number {
  const allowed: readonly AllowedSkip[] = JSON.parse(readFileSync(allowedFile, 'utf8'))
  const verdicts = resultsFiles.map(file => verdictOn(file, allowed))
  const sum = (of: (verdict: Verdict) => number) =>
    verdicts.reduce((total, verdict) => total + of(verdict), 0)
  const [passed, failed] = [sum(each => each.passed), sum(each => each.failed)]
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 && passed > 0 && verdicts.every(({ isFine }) => isFine) ? 0 : 1
}

/** What one run of tests came to. */
interface Verdict {
  readonly passed: number
  readonly failed: number
  readonly isFine: boolean
}

function verdictOn(file: string, allowed: readonly AllowedSkip[]): Verdict {
  if (!existsSync(file)) {
    console.log(`${file} is not there: the tests did not run to their end.`)
    return { passed: 0, failed: 1, isFine: false }
  }
  const results: Results = JSON.parse(readFileSync(file, 'utf8'))
  const refused = skippedTests(results).filter(name => !isAllowed(name, allowed))
  for (const name of refused) console.log(`skipped, and not in ${allowedFile}: ${name}`)
  const passed = results.numPassedTests
  const failed = results.numFailedTests + brokenFiles(results)
  if (passed === 0) console.log(`No test of ${file} passed: that is a failure too.`)
  return { passed, failed, isFine: failed === 0 && refused.length === 0 && passed > 0 }
}

/** What we read of the file that vitest's JSON reporter writes. */
interface Results {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly TestFile[]
}

interface TestFile {
  readonly name: string
  readonly status: string
  readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
}

/** A test that may be skipped: `name` is part of its full name. */
interface AllowedSkip {
  readonly name: string
  readonly reason: string
}

function skippedTests({ testResults }: Results): readonly string[] {
  return testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status !== 'passed' && status !== 'failed')
    .map(({ fullName }) => fullName)
}

function isAllowed(test: string, allowed: readonly AllowedSkip[]): boolean {
  return allowed.some(({ name }) => test.toLowerCase().includes(name.toLowerCase()))
}

/** Files that failed before or outside any test: vitest counts no failed test for them. */
function brokenFiles({ testResults }: Results): number {
  return testResults.filter(
    file =>
      file.status === 'failed' && file.assertionResults.every(({ status }) => status !== 'failed'),
  ).length
}
