import { join, resolve } from 'node:path'
import Generator, { type BaseFeatures, type BaseOptions } from 'yeoman-generator'
import { closing } from './closing.ts'
import { switches } from './command-options.ts'
import { gatherFacts } from './facts.ts'
import { type Place, sayPlainly, sayRemoved } from './file-lines.ts'
import { installPackages, makeRepository } from './install.ts'
import { taskProblem } from './names.ts'
import { type Answers, flagOf, type QuestionName, questionNames, questions } from './options.ts'
import { askOpen, type Given, givenAnswers, settle } from './settle.ts'
import { refuseUnwritable, type Target, targetAt } from './target.ts'
import { prepareUpdate, type Update } from './update.ts'

/** What Yeoman passes in: the answers given on the command line, and how to go about it. */
export type TaskqProjectOptions = BaseOptions &
  Readonly<Record<string, unknown>> & { readonly scope?: Scope }

/** The questions that a generator puts; all of them, or those it is for. */
export type Scope = 'project' | 'queue' | 'task'

/** Yeoman's part: when things happen. What is asked is in options.ts, what is written in plan.ts. */
export default class TaskqProject extends Generator<Record<string, unknown>, TaskqProjectOptions> {
  readonly #scope: Scope
  #target: Target | undefined
  #given: Given = {}
  #answers: Answers | undefined
  #update: Update | undefined
  #machineNode = process.versions.node
  /** Why the packages could not be installed. */
  #failure: string | undefined

  constructor(args: string[], options: TaskqProjectOptions, features: BaseFeatures) {
    // Installing is ours: a lock is there, and Yeoman would not go by it.
    super(args, options, { ...features, customInstallTask: true, inheritTasks: true })
    const { scope = 'project' } = options
    this.#scope = scope
    this.sourceRoot(join(PACKAGE, 'templates'))
    this.argument(scope === 'task' ? 'task' : 'folder', {
      type: String,
      required: false,
      description: scope === 'task' ? 'name of the new task' : 'where to put it',
    })
    for (const [name, says] of Object.entries(switches))
      this.option(name, { type: Boolean, description: says })
    if (scope === 'project')
      this.option('task', { type: String, description: 'add a task of this name' })
    for (const name of questionNames) {
      const type = questions[name].kind === 'yes-no' ? Boolean : String
      this.option(flagOf(name), { type, description: questions[name].message })
    }
  }

  async initializing(): Promise<void> {
    this.#given = givenAnswers(name => this.options[flagOf(name)] ?? this.options[name])
    if (this.#isOn('skip-install')) this.#given = { ...this.#given, install: false }
    const scope = this.#scope
    const folder = scope === 'task' ? undefined : textOf(this.options['folder'])
    this.#target = targetAt(this.env.cwd, folder)
    const { record, path, entries } = this.#target
    if (scope !== 'project' && record === undefined)
      throw new Error(`${path} holds no project of this generator. Go into one, or make one first.`)
    if (this.#isOn('update') && record === undefined)
      throw new Error(`${path} holds no project of this generator: there is nothing to update.`)
    refuseUnwritable(path)
    if (record === undefined && folder !== undefined && entries > 0) await this.#agreeToMix(path)
  }

  async prompting(): Promise<void> {
    if (this.#target === undefined) throw new Error('The folder was not looked at yet.')
    const { record, path, isOpen } = this.#target
    if (isOpen && this.#asksNothing() && this.#given.name === undefined)
      throw new Error('This folder is not empty; name one for the project, as in my-job.')
    const facts = await gatherFacts(isOpen ? 'my-job' : path)
    const settled = settle(this.#given, record?.answers ?? {}, facts)
    const isSilent = this.#asksNothing() || this.#isOn('update') || this.#scope === 'task'
    this.#answers = isSilent
      ? settled
      : await askOpen(settled, this.#given, facts, {
          ask: each => this.prompt([each]),
          only: this.#scope === 'queue' ? ['queue', 'queueUrl'] : QUESTIONS,
        })
    this.#target = this.#target.isOpen ? targetAt(this.env.cwd, this.#answers.name) : this.#target
    if (this.#target.record === undefined && this.#target.entries > 0 && !this.#isOn('force'))
      if (this.#target.path !== path) await this.#agreeToMix(this.#target.path)
    this.destinationRoot(this.#target.path)
    this.#machineNode = facts.machineNode
  }

  async writing(): Promise<void> {
    if (this.#answers === undefined || this.#target === undefined)
      throw new Error('Files can be written once the questions were asked.')
    const update = await prepareUpdate(PACKAGE, this.#target, this.#answers, this.#newTask())
    this.#update = update
    const isForced = this.#isOn('force')
    if (this.#isOn('update') || this.#isOn('dry-run'))
      console.log(update.report(this.#isOn('update')))
    if (this.#isOn('dry-run')) return
    const conflicts = update.changes.filter(({ fate }) => fate === 'conflict')
    if (conflicts.length > 0 && !isForced && !isThere())
      throw new Error(
        `${conflicts.map(({ path }) => path).join(', ')}: you changed what the generator changed too, and nobody can be asked here. Nothing was written. Overwrite yours by --force, or run this in a terminal.`,
      )
    sayPlainly(this.env.adapter.log, update.changes, this.#place())
    for (const { path, fate } of update.changes) {
      const content = update.contentOf(path)
      if (content === undefined || fate === 'same' || (fate === 'yours' && !isForced)) continue
      const target = this.destinationPath(path)
      this.fs.write(target, Buffer.from(content))
      // Only what both changed is for the user to decide; Yeoman would ask for every file.
      const status = fate === 'create' ? 'create' : 'force'
      if (fate !== 'conflict' || isForced)
        Object.assign(this.env.sharedFs.get(target), { conflicter: status })
    }
  }

  async install(): Promise<void> {
    const [update, answers] = [this.#update, this.#answers]
    if (update === undefined || answers === undefined || this.#isOn('dry-run')) return
    sayRemoved(this.env.adapter.log, update.removeOld(), this.#place())
    const folder = this.destinationRoot()
    if (answers.git) await makeRepository(folder)
    if (answers.install && update.isInstallNeeded)
      this.#failure = await installPackages(folder, update.isLockOurs)
  }

  end(): void {
    const [update, answers] = [this.#update, this.#answers]
    if (update === undefined || answers === undefined || this.#isOn('dry-run')) return
    const { cwd } = this.env
    const words = closing(answers, update, {
      ...{ cwd, folder: this.destinationRoot(), machineNode: this.#machineNode },
      ...{ isListed: this.#isOn('update'), failure: this.#failure },
    })
    if (words !== '') console.log(words)
    if (this.#failure !== undefined) process.exitCode = 1
  }

  #isOn(name: keyof typeof switches): boolean {
    const camel = name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
    return this.options[name] === true || this.options[camel] === true
  }

  /** Without a terminal nobody can answer, be it a question or what to do with a file that is there. */
  #asksNothing(): boolean {
    return this.#isOn('yes') || process.stdin.isTTY !== true
  }

  #place(): Place {
    return { cwd: this.env.logCwd ?? this.env.cwd, folder: this.destinationRoot() }
  }

  #newTask(): string | undefined {
    const name = textOf(this.options['task'])
    if (name === undefined && this.#scope !== 'task') return undefined
    const problem = taskProblem(name ?? '')
    if (problem !== undefined) throw new Error(problem)
    return name
  }

  async #agreeToMix(path: string): Promise<void> {
    if (this.#isOn('force') || this.#isOn('dry-run')) return
    if (!isThere() || this.#asksNothing())
      throw new Error(`${path} is not empty; name another folder, or add to it by --force.`)
    const message = `${path} is not empty. Put the project among what is there`
    const { isAgreed } = await this.prompt<{ isAgreed: boolean }>([
      { type: 'confirm', name: 'isAgreed', message, default: false },
    ])
    if (!isAgreed) throw new Error('Nothing was written.')
  }
}

/** The package that this file is part of, be it the repository or an installed package. */
const PACKAGE = resolve(import.meta.dirname, '../..')

const QUESTIONS: readonly QuestionName[] = questionNames

/** Whether somebody can be asked. */
function isThere(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true
}

/** An option that takes a value, as the command line or Yeoman gives it. */
function textOf(option: unknown): string | undefined {
  return typeof option === 'string' ? option : undefined
}
