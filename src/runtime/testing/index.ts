export * from './conformance.ts'
export {
  checkHistory,
  type Expectation,
  type Rule,
  rules,
  type Violation,
} from './history/check.ts'
export {
  monotonicNow,
  noteSteps,
  type Remains,
  readHistories,
  type Span,
  type Step,
} from './history/history.ts'
export { remainsOf } from './history/remains.ts'
export { ManualClock } from './manual-clock.ts'
export { type StormOptions, type StormReport, storm } from './processes/index.ts'
export { conformanceTests } from './suite/index.ts'
