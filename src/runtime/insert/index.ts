export type { Chosen, FilterTasks } from './filter.ts'
export {
  type InsertOptions,
  type InsertProgress,
  type InsertReport,
  insertTable,
} from './insert.ts'
export { outputExists } from './outputs.ts'
export type { SchemaAnswer, SchemaIssue, StandardSchema } from './standard-schema.ts'
