import { describe, it } from 'vitest'
import { conformanceTests, runSuite } from '../../src/runtime/testing/index.ts'
import { candidates } from './benches.ts'

for (const candidate of candidates) runSuite({ describe, it }, conformanceTests, candidate)
