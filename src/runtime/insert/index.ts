export { runInsert } from './command.ts'
export type { Chosen, FilterTasks } from './filter.ts'
export {
  type InsertOptions,
  type InsertProgress,
  type InsertReport,
  insertTable,
} from './insert.ts'
export type { InsertIo, InsertOutput } from './io.ts'
export { type InsertFlags, type InsertOptionSpec, insertOptions } from './options.ts'
export { outputExists } from './outputs.ts'
export type { Env } from './prepare.ts'
export type { SchemaAnswer, SchemaIssue, StandardSchema } from './standard-schema.ts'
export type { TaskModule } from './task-module.ts'
export { runTypes, type TypesFlags, typesOptions } from './types-command.ts'
