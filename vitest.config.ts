import { defineConfig } from 'vitest/config'

/** Tests that install and build for real: minutes, and only what CI prepares lets them run. */
const slow = 'test/**/*.slow.test.ts'

export default defineConfig({
  test: {
    testTimeout: 30_000,
    // Packing all packages takes a while where both cores are busy.
    hookTimeout: 60_000,
    pool: 'forks',
    // By default one core is kept free, which on a machine of two means one file at a time.
    maxWorkers: '100%',
    coverage: { include: ['src/**', 'generators/**'] },
    projects: [
      { extends: true, test: { name: 'fast', include: ['test/**/*.test.ts'], exclude: [slow] } },
      {
        extends: true,
        test: { name: 'slow', include: [slow], testTimeout: 300_000, hookTimeout: 300_000 },
      },
    ],
  },
})
