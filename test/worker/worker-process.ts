/** A worker as a process of its own, for tests: `node worker-process.ts '{"queue":...}'`. */
import { runWork, type WorkCommand } from '../../src/runtime/cli/work/work.ts'
import { environmentSource } from '../../src/runtime/worker/settings.ts'

const command = JSON.parse(process.argv[2] ?? '{}') as Omit<WorkCommand, 'sources'>
const sources = [environmentSource(process.env)]
process.exitCode = await runWork({ ...command, sources }, process)
