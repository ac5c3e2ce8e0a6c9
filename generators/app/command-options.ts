import { flagOf, type Question, type QuestionName, questionNames, questions } from './options.ts'

/** An option of a command line that runs the generator. */
export interface CommandOption {
  /** Without its dashes. */
  readonly name: string
  readonly type: 'string' | 'boolean'
  readonly says: string
  /** Whether it answers a question, or says how to go about it. */
  readonly answers: boolean
}

/** How to go about it, whatever is answered. */
export const switches = {
  yes: 'Ask nothing, take what is usual',
  update: 'Take over what changed in the templates since',
  'dry-run': 'List the files, write nothing',
  force: 'Overwrite files that are there without asking',
  'skip-install': 'Leave installing to you, as --no-install',
} as const

/** Every option, those that answer a question first. */
export const commandOptions: readonly CommandOption[] = [
  ...questionNames.map(optionOf),
  { name: 'task', type: 'string', says: 'Add a task of this name to a project', answers: false },
  ...Object.entries(switches).map(([name, says]) => ({
    ...{ name, says, answers: false },
    type: 'boolean' as const,
  })),
]

function optionOf(name: QuestionName): CommandOption {
  const question: Question = questions[name]
  const choices = question.kind === 'choice' ? Object.keys(question.choices) : []
  const says = choices.length > 1 ? `${question.message}: ${choices.join(', ')}` : question.message
  const type = question.kind === 'yes-no' ? 'boolean' : 'string'
  return { name: flagOf(name), type, says, answers: true }
}
