import type { BaseFeatures } from 'yeoman-generator'
import TaskqProject, { type TaskqProjectOptions } from '../app/index.ts'

/** Gives a project another queue. */
export default class extends TaskqProject {
  constructor(args: string[], options: TaskqProjectOptions, features: BaseFeatures) {
    super(args, { ...options, scope: 'queue' }, features)
  }
}
