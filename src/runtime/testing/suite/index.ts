import type { ConformanceTest } from '../conformance.ts'
import { deskTests } from './desk.ts'
import { holdTests } from './hold.ts'
import { insertTests } from './insert.ts'
import { leaseTests } from './lease.ts'
import { noteTests } from './notes.ts'
import { resultTests } from './results.ts'
import { sizeTests } from './size.ts'

/** Every promise of the seam, verb by verb. */
export const conformanceTests: readonly ConformanceTest[] = [
  ...insertTests,
  ...leaseTests,
  ...holdTests,
  ...deskTests,
  ...resultTests,
  ...noteTests,
  ...sizeTests,
]
