import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** Tests that install and build for real: minutes, and only what CI prepares lets them run. */
const slow = 'test/**/*.slow.test.ts'

export default defineConfig({
  test: {
    // Nothing but a hang takes so long, on whatever machine.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: 'forks',
    // By default one core is kept free, which on a machine of two means one file at a time.
    maxWorkers: '100%',
    // The commands that tests start share what Node compiled, whatever home a test gives them.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'build/compiled') },
    coverage: { include: ['src/**', 'generators/**'] },
    projects: [
      {
        extends: true,
        // One process a core for all files: starting one for each was a quarter of the time.
        test: { name: 'fast', include: ['test/**/*.test.ts'], exclude: [slow], isolate: false },
      },
      {
        extends: true,
        test: { name: 'slow', include: [slow], testTimeout: 600_000, hookTimeout: 600_000 },
      },
    ],
  },
})
