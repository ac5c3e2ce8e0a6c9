import type { Facts } from './facts.ts'
import {
  type Answers,
  flagOf,
  problemOf,
  type QuestionName,
  questionNames,
  questions,
  usual,
} from './options.ts'

/** Answers as far as they are known; each was checked. */
export type Given = { readonly [Name in QuestionName]?: string | boolean }

/** One prompt, as Yeoman takes it. */
export type Prompt = { readonly name: string; readonly message: string } & (
  | {
      readonly type: 'input'
      readonly default: string
      readonly validate: (answer: string) => true | string
    }
  | {
      readonly type: 'select'
      readonly default: string
      readonly choices: readonly PromptChoice[]
    }
  | { readonly type: 'confirm'; readonly default: boolean }
)

/** One of several answers: what it is for people who choose, and how it stands there once chosen. */
export interface PromptChoice {
  readonly value: string
  readonly name: string
  readonly short: string
}

/** How questions are put, and which. */
export interface Asking {
  readonly ask: (prompt: Prompt) => Promise<Readonly<Record<string, unknown>>>
  readonly only: readonly QuestionName[]
}

/** The answers that options give. */
export function givenAnswers(option: (name: QuestionName) => unknown): Given {
  const found = questionNames.flatMap(name => {
    const value = option(name)
    if (typeof value !== 'string' && typeof value !== 'boolean') return []
    return [[name, value] as const]
  })
  return Object.fromEntries(found)
}

/** Every answer: as given, else as remembered, else what is usual. Throws at the first that is none. */
export function settle(given: Given, remembered: Given, facts: Facts): Answers {
  const settled: Record<string, string | boolean> = {}
  for (const name of questionNames) {
    const before = settled as unknown as Answers
    const value = given[name] ?? fitting(name, remembered, before) ?? usual(name, facts, before)
    const problem = problemOf(name, value, before)
    if (problem !== undefined) throw new Error(problem)
    settled[name] = value
  }
  return settled as unknown as Answers
}

/** Puts what was not given; each with what was settled as its usual answer. */
export async function askOpen(
  settled: Answers,
  given: Given,
  facts: Facts,
  { ask, only }: Asking,
): Promise<Answers> {
  const open = only.filter(name => given[name] === undefined && hasChoice(name))
  const answers: Record<string, string | boolean> = { ...given }
  const put = async (name: QuestionName) => {
    const sofar = settle(answers as Given, settled as unknown as Given, facts)
    if (questions[name].matters?.(sofar) === false) return
    const said = await ask(promptFor(name, sofar))
    answers[name] = said[name] as string | boolean
  }
  const isFirst = (name: QuestionName) => questions[name].put === 'first'
  for (const name of open.filter(isFirst)) await put(name)
  const details = open.filter(name => !isFirst(name))
  if (details.length > 0 && !(await isUsualFine(details, answers, settled, facts, ask)))
    for (const name of details) await put(name)
  return settle(answers as Given, settled as unknown as Given, facts)
}

/** Shows what is usual for the rest, so that most people answer three questions and not twelve. */
async function isUsualFine(
  details: readonly QuestionName[],
  answers: Given,
  settled: Answers,
  facts: Facts,
  ask: Asking['ask'],
): Promise<boolean> {
  const all = settle(answers, settled as unknown as Given, facts)
  const lines = details
    .filter(name => questions[name].matters?.(all) !== false)
    .map(name => `    --${flagOf(name).padEnd(12)} ${shown(all[name])}`)
  const message = `Is this fine for the rest?\n${lines.join('\n')}\n `
  const said = await ask({ name: 'isFine', type: 'confirm', message, default: true })
  return said['isFine'] === true
}

function promptFor(name: QuestionName, sofar: Answers): Prompt {
  const question = questions[name]
  const { message } = question
  const [text, isYes] = [String(sofar[name]), sofar[name] === true]
  switch (question.kind) {
    case 'yes-no':
      return { name, message, type: 'confirm', default: isYes }
    case 'choice': {
      const choices = Object.entries(question.choices).map(([value, says]) => ({
        value,
        name: `${value}: ${says}`,
        short: value,
      }))
      return { name, message, type: 'select', default: text, choices }
    }
    case 'text': {
      const validate = (answer: string) => question.problem(answer, sofar) ?? true
      return { name, message, type: 'input', default: text, validate }
    }
  }
}

/** What was remembered, unless another answer made it wrong: a URL of another kind of queue. */
function fitting(
  name: QuestionName,
  remembered: Given,
  before: Answers,
): string | boolean | undefined {
  const value = remembered[name]
  if (value === undefined || problemOf(name, value, before) !== undefined) return undefined
  return value
}

/** One choice is none. */
function hasChoice(name: QuestionName): boolean {
  const question = questions[name]
  return question.kind !== 'choice' || Object.keys(question.choices).length > 1
}

/** What fits beside an option's name in a terminal of 80 columns. */
const shownWidth = 55

function shown(answer: string | boolean): string {
  if (typeof answer === 'boolean') return answer ? 'yes' : 'no'
  const text = answer === '' ? '(none)' : answer
  return text.length > shownWidth ? `${text.slice(0, shownWidth - 3)}...` : text
}
