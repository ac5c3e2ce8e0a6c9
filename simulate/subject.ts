import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** The modules that are simulated: the real ones, or a copy with a mistake in it. */
export interface Subject
  extends Pick<typeof import('../src/runtime/worker/supervisor.ts'), 'Supervisor'>,
    Pick<typeof import('../src/runtime/worker/settings.ts'), 'readSettings'>,
    Pick<typeof import('../src/runtime/worker/process-runner.ts'), 'startProcessRunner'>,
    Pick<typeof import('../src/runtime/worker/wire.ts'), 'FrameReader' | 'outcomeNumbers'>,
    Pick<
      typeof import('../src/runtime/worker/messages.ts'),
      'fromRunner' | 'readOrders' | 'refsOf' | 'tasksOf' | 'writeNote'
    >,
    Pick<typeof import('../src/runtime/results/record.ts'), 'recordWriter'>,
    Pick<typeof import('../src/runtime/queue/queue.ts'), 'createQueue'>,
    Pick<typeof import('../src/runtime/queue/open.ts'), 'openDriver'>,
    Pick<typeof import('../src/runtime/queue/errors.ts'), 'TaskqError'>,
    Pick<typeof import('../src/runtime/testing/history/remains.ts'), 'remainsOf'> {}

const parts = [
  'worker/supervisor.ts',
  'worker/settings.ts',
  'worker/process-runner.ts',
  'worker/wire.ts',
  'worker/messages.ts',
  'results/record.ts',
  'queue/queue.ts',
  'queue/open.ts',
  'queue/errors.ts',
  'testing/history/remains.ts',
]

const source = fileURLToPath(new URL('../src/runtime', import.meta.url))

/** Loads the modules of the runtime whose sources are in `root`; default: ours. */
export async function loadSubject(root = source): Promise<Subject> {
  const modules: object[] = []
  for (const part of parts) modules.push(await import(pathToFileURL(join(root, part)).href))
  return Object.assign({}, ...modules) as Subject
}
