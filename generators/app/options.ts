import { envProblem, plainUrl } from './env.ts'
import type { Facts } from './facts.ts'
import { formats } from './formats.ts'
import { licences } from './licences.ts'
import { nameProblem, slug } from './names.ts'
import { queues } from './queues.ts'
import { stores } from './stores.ts'

/** One question: how it is put, what is taken for an answer when nobody says, what is no answer. */
export type Question = (TextQuestion | ChoiceQuestion | YesNoQuestion) & {
  readonly message: string
  /** `first`: put to everybody; `detail`: only to those who do not want what is usual. */
  readonly put: 'first' | 'detail'
  /** Whether other answers leave it open at all; absent: always. */
  readonly matters?: (answers: Answers) => boolean
}

interface TextQuestion {
  readonly kind: 'text'
  readonly fallback: (facts: Facts, answers: Answers) => string
  /** Why this is no answer, as a sentence; `undefined` when it is one. */
  readonly problem: (answer: string, answers: Answers) => string | undefined
}

interface ChoiceQuestion {
  readonly kind: 'choice'
  /** What can be answered, each with what it is for people. */
  readonly choices: Readonly<Record<string, string>>
  /** What is usual; absent: the first choice. */
  readonly fallback?: (facts: Facts, answers: Answers) => string
}

interface YesNoQuestion {
  readonly kind: 'yes-no'
  readonly fallback: (facts: Facts, answers: Answers) => boolean
}

/** Every question with its answer. */
export interface Answers {
  readonly name: string
  readonly description: string
  /** A key of `queues`. */
  readonly queue: string
  readonly deploy: string
  readonly googleProject: string
  readonly googleZone: string
  readonly googleNetwork: string
  readonly queueUrl: string
  /** A key of `exampleTables`. */
  readonly example: string
  /** A key of `formats`. */
  readonly format: string
  /** A key of `stores`. */
  readonly storage: string
  readonly cloudpath: string
  readonly author: string
  /** A key of `licences`. */
  readonly licence: string
  readonly pinNode: boolean
  readonly git: boolean
  readonly install: boolean
}

/** The names of the questions; on a command line in kebab-case. */
export type QuestionName = keyof Answers

/** Everything that is asked, each once and in this order: by prompt, or by an option of its name. */
export const questions: Readonly<Record<QuestionName, Question>> = {
  name: {
    kind: 'text',
    put: 'first',
    message: 'Name of the project',
    fallback: ({ folderName }) => slug(folderName),
    problem: nameProblem,
  },
  description: {
    kind: 'text',
    put: 'first',
    message: 'What does it do, in one sentence',
    fallback: () => 'Runs a function for every row of a table.',
    problem: lineProblem,
  },
  queue: {
    kind: 'choice',
    put: 'first',
    message: 'Where do the tasks wait',
    choices: told(queues),
  },
  deploy: {
    kind: 'choice',
    put: 'first',
    message: 'Where is it to run, beside here',
    choices: {
      none: 'here and in containers only; add a cluster later',
      gke: 'on a cluster of Google Kubernetes Engine as well',
    },
  },
  googleProject: {
    kind: 'text',
    put: 'first',
    message: 'Google Cloud project',
    matters: ({ deploy }) => deploy === 'gke',
    fallback: ({ googleProject }) => googleProject ?? 'my-project',
    problem: googleProblem(
      /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
      'a project id has 6 to 30 lower-case letters, digits and "-", as in my-project',
    ),
  },
  googleZone: {
    kind: 'text',
    put: 'first',
    message: 'Zone of the cluster',
    matters: ({ deploy }) => deploy === 'gke',
    fallback: ({ googleZone }) => googleZone ?? 'us-west1-a',
    problem: googleProblem(
      /^[a-z]+-[a-z]+\d{1,2}-[a-z]$/,
      'a zone is a region and a letter, as in us-west1-a',
    ),
  },
  googleNetwork: {
    kind: 'text',
    put: 'first',
    message: 'VPC network of the cluster',
    matters: ({ deploy }) => deploy === 'gke',
    fallback: () => 'default',
    problem: googleProblem(
      /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
      'a network has up to 63 lower-case letters, digits and "-", as in default',
    ),
  },
  queueUrl: {
    kind: 'text',
    put: 'detail',
    message: 'URL of the queue',
    fallback: (_, { name, queue, googleProject }) =>
      queues[queue]?.url({ name, googleProject }) ?? '',
    problem: (answer, { queue }) => envProblem(plainUrl(answer)) ?? schemeProblem(answer, queue),
  },
  example: {
    kind: 'choice',
    put: 'detail',
    message: 'Which example to begin from',
    choices: {
      pi: 'an estimate of pi for every seed',
      fractal: 'a thousand tiles of a fractal, put together to a picture',
    },
  },
  format: {
    kind: 'choice',
    put: 'detail',
    message: 'Format of the table',
    choices: told(formats),
  },
  storage: {
    kind: 'choice',
    put: 'detail',
    message: 'Where do large outputs go',
    choices: told(stores),
    // A folder of a pod goes with the pod.
    fallback: (_, { deploy, queue }) =>
      deploy === 'none' ? 'file' : queue === 'sqs' ? 's3' : 'gs',
  },
  cloudpath: {
    kind: 'text',
    put: 'detail',
    message: 'URL of the folder for large outputs',
    fallback: (_, { storage, name }) => stores[storage]?.url(name) ?? '',
    problem: (answer, { storage }) => envProblem(answer) ?? storeProblem(answer, storage),
  },
  author: {
    kind: 'text',
    put: 'detail',
    message: 'Author',
    fallback: ({ author }) => author ?? '',
    problem: lineProblem,
  },
  licence: { kind: 'choice', put: 'detail', message: 'Licence', choices: told(licences) },
  pinNode: {
    kind: 'yes-no',
    put: 'detail',
    message: 'Bring the Node along that it runs on',
    fallback: () => true,
  },
  git: {
    kind: 'yes-no',
    put: 'detail',
    message: 'Make it a git repository',
    fallback: ({ hasGit }) => hasGit,
  },
  install: {
    kind: 'yes-no',
    put: 'detail',
    message: 'Install its packages now',
    fallback: () => true,
  },
}

/** The questions in the order in which they are put. */
export const questionNames = Object.keys(questions) as QuestionName[]

/** `queueUrl` is `--queue-url`. */
export function flagOf(name: QuestionName): string {
  return name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
}

/** Why a value is no answer to a question, as a sentence; `undefined` when it is one. */
export function problemOf(
  name: QuestionName,
  answer: string | boolean,
  answers: Answers,
): string | undefined {
  const question = questions[name]
  switch (question.kind) {
    case 'text':
      return question.problem(String(answer), answers)
    case 'choice':
      if (Object.hasOwn(question.choices, String(answer))) return undefined
      return `--${flagOf(name)} takes ${Object.keys(question.choices).join(', ')}, not "${String(answer)}".`
    case 'yes-no':
      return typeof answer === 'boolean' ? undefined : `--${flagOf(name)} takes no value.`
  }
}

/** What is taken when nobody says. */
export function usual(name: QuestionName, facts: Facts, answers: Answers): string | boolean {
  const question = questions[name]
  if (question.kind !== 'choice') return question.fallback(facts, answers)
  return question.fallback?.(facts, answers) ?? Object.keys(question.choices)[0] ?? ''
}

/** Kinds by name, each with what it is for people. */
function told<Kind extends { readonly says: string }>(kinds: Readonly<Record<string, Kind>>) {
  return Object.fromEntries(Object.entries(kinds).map(([name, { says }]) => [name, says]))
}

function lineProblem(answer: string): string | undefined {
  // Two lines would end a comment or begin a heading somewhere in the project.
  if (!/[\p{Cc}\u2028\u2029]/u.test(answer) && answer.length <= 500) return undefined
  return 'Write one line of at most 500 characters, without control characters.'
}

function schemeProblem(answer: string, queue: string): string | undefined {
  if (answer.startsWith(`${queue}:`) || queues[queue]?.ownForm?.test(answer) === true)
    return undefined
  return `"${answer}" is no ${queue} queue: write it as ${queues[queue]?.url({ name: 'my-job', googleProject: 'my-project' })}, or choose another by --queue.`
}

function storeProblem(answer: string, storage: string): string | undefined {
  const store = stores[storage]
  if (store === undefined || store.form.test(answer)) return undefined
  return `"${answer}" is not ${store.says}: write it as ${store.url('my-job')}, or choose another by --storage.`
}

function googleProblem(form: RegExp, says: string) {
  return (answer: string) => (form.test(answer) ? undefined : `"${answer}" will not do: ${says}.`)
}
