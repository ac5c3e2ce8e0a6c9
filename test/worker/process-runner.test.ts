import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { wild } from './bench.ts'

it('a runner that has ended leaves no timer that would keep its worker from ending', () => {
  const code = `
    const [starter, task] = process.argv.slice(1)
    const { startProcessRunner } = await import(starter)
    const orders = { task, wire: 'taskq', worker: 'w1', host: 'here', args: [], atOnce: 1,
      timeoutSeconds: 60, killSeconds: 1, recordBytes: 1000 }
    const ended = Promise.withResolvers()
    const runner = startProcessRunner({ orders, execArgv: [] }, { onOutput: console.error, onEnd: ended.resolve })
    await runner.ready
    runner.end()
    await ended.promise
    console.log(process.getActiveResourcesInfo().filter(one => one === 'Timeout').length)`
  expect(run(code, fileOf('process-runner'), wild)).toBe('0\n')
})

it('what a worker needs later or seldom is not loaded before its first task', () => {
  const late = ['http', 'zlib']
  expect(loadedWith('../cli/work/work').filter(name => late.includes(name))).toEqual([])
  const never = [...late, 'child_process', 'crypto']
  expect(loadedWith('runner-service').filter(name => never.includes(name))).toEqual([])
})

/** Which modules of Node are loaded once one of the worker's is. */
function loadedWith(name: string): readonly string[] {
  const code = `await import(process.argv[1]); console.log(process.moduleLoadList.join('\\n'))`
  const lines = run(code, fileOf(name)).split('\n')
  return lines.map(line => line.replace(/^NativeModule /, ''))
}

function fileOf(name: string): string {
  return fileURLToPath(new URL(`../../src/runtime/worker/${name}.ts`, import.meta.url))
}

function run(code: string, ...args: readonly string[]): string {
  const all = ['--input-type=module', '--eval', code, ...args]
  const { stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout
}
