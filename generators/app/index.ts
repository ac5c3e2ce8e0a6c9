import { isTooOld } from './node-version.ts'

// Yeoman itself breaks on an old Node, in words that help nobody: it is imported behind this check.
if (isTooOld(process.versions.node))
  throw new Error(
    `generator-taskq-project needs Node 24.15 or newer, and yo runs on ${process.versions.node}. Use npm create taskq-project: it brings the Node that it needs.`,
  )
const { default: TaskqProject } = await import('./generator.ts')

export { type CommandOption, commandOptions } from './command-options.ts'
export type { TaskqProjectOptions } from './generator.ts'
export default TaskqProject
