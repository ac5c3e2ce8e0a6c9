import { existsSync, readFileSync } from 'node:fs'

const [resultsFile = 'build/vitest.json', allowedFile = '.ci/allowed-skips.json'] =
  process.argv.slice(2)

process.exitCode = main()

/** Prints what CI must know of a test run, its last line `N passed, N failed`; 0 when all is well. */
function main(): number {
  if (!existsSync(resultsFile)) {
    console.log(`${resultsFile} is not there: the tests did not run to their end.`)
    console.log('0 passed, 1 failed')
    return 1
  }
  const results: Results = JSON.parse(readFileSync(resultsFile, 'utf8'))
  const allowed: readonly AllowedSkip[] = JSON.parse(readFileSync(allowedFile, 'utf8'))
  const refused = skippedTests(results).filter(name => !isAllowed(name, allowed))
  for (const name of refused) console.log(`skipped, and not in ${allowedFile}: ${name}`)
  const failed = results.numFailedTests + brokenFiles(results)
  if (results.numPassedTests === 0) console.log('No test passed: that is a failure too.')
  console.log(`${results.numPassedTests} passed, ${failed} failed`)
  return failed === 0 && refused.length === 0 && results.numPassedTests > 0 ? 0 : 1
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
