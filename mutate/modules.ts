/** A part of the code that nothing may be wrong in unnoticed, and the tests that notice. */
export interface MutatedModule {
  /** Below `src/runtime`. */
  readonly files: readonly string[]
  /** Kinds of queues that the conformance suite is run on. */
  readonly conformance: readonly ('memory' | 'sqlite')[]
  /** Histories that are simulated on each kind of queue: what a survivor costs. */
  readonly histories: { readonly memory: number; readonly sqlite: number }
  /** Tests that are run when neither of these has noticed anything. */
  readonly tests: readonly string[]
}

/** What is mutated by `npm run mutate`, by name. */
export const modules: Readonly<Record<string, MutatedModule>> = {
  core: {
    files: ['queue/leasing.ts', 'queue/batches.ts'],
    conformance: [],
    histories: { memory: 40, sqlite: 0 },
    tests: ['core', 'leasing', 'batches'].map(of => `test/queue/${of}.test.ts`),
  },
  sqlite: {
    files: ['drivers/sqlite/verbs.ts', 'drivers/sqlite/token.ts', 'drivers/sqlite/time.ts'],
    conformance: ['sqlite'],
    histories: { memory: 0, sqlite: 15 },
    tests: ['file', 'pulse'].map(of => `test/drivers/sqlite-${of}.test.ts`),
  },
  memory: {
    files: ['drivers/memory.ts', 'drivers/memory-store.ts'],
    conformance: ['memory'],
    histories: { memory: 30, sqlite: 0 },
    tests: ['test/drivers/memory.test.ts'],
  },
  lease: {
    files: ['worker/intake.ts', 'worker/held.ts'],
    conformance: [],
    histories: { memory: 20, sqlite: 0 },
    tests: ['test/worker/intake.test.ts'],
  },
  extend: {
    files: ['worker/heartbeat.ts'],
    conformance: [],
    histories: { memory: 20, sqlite: 0 },
    tests: ['test/worker/renewal.test.ts'],
  },
  complete: {
    files: ['worker/outbox.ts', 'worker/mail.ts'],
    conformance: [],
    histories: { memory: 20, sqlite: 0 },
    tests: ['outbox', 'mail', 'store-trouble'].map(of => `test/worker/${of}.test.ts`),
  },
  retry: {
    files: ['worker/retry.ts', 'worker/judge.ts', 'worker/ending.ts', 'worker/store-trouble.ts'],
    conformance: [],
    histories: { memory: 20, sqlite: 0 },
    tests: ['retry', 'judge', 'ending', 'store-trouble'].map(of => `test/worker/${of}.test.ts`),
  },
}
