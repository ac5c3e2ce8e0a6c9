export * from './conformance.ts'
export { ManualClock } from './manual-clock.ts'
export { type StormOptions, type StormReport, storm } from './processes/index.ts'
export { conformanceTests } from './suite/index.ts'
