/** What the generator asks; each is asked once, by prompt or as an option of the same name. */
export const QUESTIONS = {
  queue: {
    message: 'Where do the tasks wait? A URL, or the path of a file of this machine',
    fallback: 'sqlite:queue.db',
    problem: queueProblem,
  },
} as const satisfies Readonly<Record<string, Question>>

/** One question: how it is put, what is taken for an answer under `--yes`, what is no answer. */
export interface Question {
  readonly message: string
  readonly fallback: string
  /** Why this is no answer, as a sentence; `undefined` when it is one. */
  readonly problem: (answer: string) => string | undefined
}

/** The names of the questions, as they are given on the command line. */
export type QuestionName = keyof typeof QUESTIONS

/** Every question with its answer. */
export type Answers = Readonly<Record<QuestionName, string>>

/** Why a project cannot have this name; `undefined` when it can. npm's rules for new packages. */
export function nameProblem(name: string): string | undefined {
  if (/^[a-z0-9][a-z0-9._-]{0,213}$/.test(name)) return undefined
  return `"${name}" cannot name a project: use lower-case letters, digits, "-", "_" and ".", as in my-job.`
}

/**
 * The answer goes into an env file that npm scripts, docker and Kubernetes must read alike, and they
 * disagree on quotes, blanks, `#` and `$`: a value that holds none of these is the same to all.
 */
function queueProblem(answer: string): string | undefined {
  if (/^[\w.:/@?&=+,%~-]+$/.test(answer)) return undefined
  return `"${answer}" cannot stand in an env file: write a URL or path of letters, digits and .:/@?&=+,%~_- such as sqlite:queue.db.`
}
