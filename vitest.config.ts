import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    pool: 'forks',
    // By default one core is kept free, which on a machine of two means one file at a time.
    maxWorkers: '100%',
    coverage: { include: ['src/**', 'generators/**'] },
  },
})
