import type { BaseFeatures } from 'yeoman-generator'
import TaskqProject, { type TaskqProjectOptions } from '../app/index.ts'

/** Adds a task to a project: a function, a table, a queue and an env file of its own. */
export default class extends TaskqProject {
  constructor(args: string[], options: TaskqProjectOptions, features: BaseFeatures) {
    super(args, { ...options, scope: 'task' }, features)
  }
}
