import { existsSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import Handlebars from 'handlebars'
import Generator, { type BaseFeatures, type BaseOptions } from 'yeoman-generator'
import { type Answers, nameProblem, QUESTIONS, type QuestionName } from './options.ts'
import { type PlannedFile, type Project, plan } from './plan.ts'

/** What Yeoman passes in: the answers given on the command line, and how to go about it. */
export type TaskqProjectOptions = BaseOptions &
  Partial<Answers> & { readonly folder?: string; readonly yes?: boolean }

/** Yeoman's part: when things happen. What is asked is in options.ts, what is written in plan.ts. */
export default class TaskqProject extends Generator<Record<string, unknown>, TaskqProjectOptions> {
  #answers: Answers | undefined

  constructor(args: string[], options: TaskqProjectOptions, features: BaseFeatures) {
    // Installing is left to the user: it takes a network, and people like to look first.
    super(args, options, { ...features, customInstallTask: true })
    this.sourceRoot(join(PACKAGE, 'templates'))
    this.argument('folder', { type: String, required: false, description: 'where to put it' })
    this.option('yes', { type: Boolean, description: 'ask nothing, take what is usual' })
    for (const name of NAMES) {
      this.option(name, { type: String, description: QUESTIONS[name].message })
    }
    const { folder, help } = this.options
    if (help) return
    if (folder !== undefined) this.destinationRoot(resolve(this.destinationRoot(), folder))
    refuse(nameProblem(this.#name()))
    for (const name of NAMES) {
      const given = this.options[name]
      if (given !== undefined) refuse(QUESTIONS[name].problem(given))
    }
  }

  async prompting(): Promise<void> {
    const open = NAMES.filter(name => this.options[name] === undefined).map(promptOf)
    const asked = this.options.yes ? {} : await this.prompt<Partial<Answers>>(open)
    const answer = (name: QuestionName) =>
      this.options[name] ?? asked[name] ?? QUESTIONS[name].fallback
    this.#answers = { queue: answer('queue') }
  }

  writing(): void {
    if (!this.#answers) throw new Error('Files can be written once the questions were asked.')
    const project = { name: this.#name(), runtime: packedRuntime() }
    for (const file of plan(project, this.#answers)) this.#write(file)
  }

  end(): void {
    const { folder } = this.options
    const enter = folder === undefined ? '' : `cd ${folder} && `
    this.log(`\nNext: ${enter}npm install && npm run insert-tasks`)
  }

  #name(): string {
    return basename(this.destinationRoot())
  }

  #write(file: PlannedFile): void {
    const target = this.destinationPath(file.path)
    if ('copyOf' in file) {
      this.fs.copy(resolve(this.sourceRoot(), file.copyOf), target)
    } else if ('template' in file) {
      const source = readFileSync(this.templatePath(file.template), 'utf8')
      // Answers hold nothing that needs escaping: options.ts refuses the rest.
      const render = Handlebars.compile(source, { noEscape: true, strict: true })
      this.fs.write(target, render(file.values))
    } else {
      this.fs.write(target, file.text)
    }
  }
}

/** The package that this file is part of, be it the repository or an installed package. */
const PACKAGE = join(import.meta.dirname, '../..')
const NAMES = Object.keys(QUESTIONS) as QuestionName[]

function promptOf(name: QuestionName) {
  const { message, fallback, problem } = QUESTIONS[name]
  const validate = (answer: string) => problem(answer) ?? true
  return { type: 'input', name, message, default: fallback, validate } as const
}

/** The tarball of the runtime: it lies in the packed generator, or where `npm run pack` leaves it. */
function packedRuntime(): Project['runtime'] {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'))
  const file = `taskq-runtime-${version}.tgz`
  const path = ['vendor', 'build/tarballs']
    .map(folder => join(PACKAGE, folder, file))
    .find(candidate => existsSync(candidate))
  if (path !== undefined) return { path, file }
  throw new Error(`${file} is not there for the project to use. Run: npm run pack`)
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new Error(problem)
}
