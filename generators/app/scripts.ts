import type { Versions } from './lock.ts'
import type { Answers } from './options.ts'
import { queues } from './queues.ts'

/**
 * The npm scripts of a project. A name of several words is there a second time in snake_case, as
 * people who come from python-task-queue's template type it.
 */
export function scriptsOf(
  { deploy, example, queue }: Pick<Answers, 'deploy' | 'example' | 'queue'>,
  tasks: readonly string[],
): Versions {
  const scripts = {
    ...daily,
    ...(queues[queue]?.isMade === true ? made : local),
    ...(example === 'fractal' && { picture: 'node --env-file=config/task.env picture.ts' }),
    ...Object.assign({}, ...tasks.map(forTask)),
    ...(deploy === 'gke' && cluster),
    ...upkeep,
  }
  const twins = Object.entries(scripts)
    .filter(([name]) => name.includes('-'))
    .map(([name, command]) => [name.replaceAll('-', '_'), command])
  return { ...scripts, ...Object.fromEntries(twins) }
}

/** A word given twice counts as given last: `npm run status -- -e config/other.env`. */
const env = '-e config/task.env'

const daily = {
  try: `taskq try ${env}`,
  'insert-tasks': `node insert-tasks.ts ${env}`,
  'launch-worker': `node run.ts ${env}`,
  status: `taskq status ${env}`,
  'check-queue': `taskq status ${env}`,
  'watch-queue': `taskq status ${env} --watch`,
  results: `taskq results ${env}`,
  'retry-dead': `taskq retry-dead ${env}`,
  logs: `taskq logs ${env}`,
  'reset-queue': `taskq reset ${env}`,
} as const

const local = { 'delete-local-queue': `taskq delete-queue ${env}` } as const

const made = {
  'create-queue': `taskq create-queue ${env}`,
  'delete-queue': `taskq delete-queue ${env}`,
} as const

const both = `${env} -c config/cluster.env`

const cluster = {
  plan: `taskq-deploy plan ${both}`,
  'build-image': `taskq-deploy build-image ${both}`,
  'make-scripts': `taskq-deploy make-scripts ${both}`,
  'make-cluster': `taskq-deploy make-cluster ${both}`,
  'apply-task': `taskq-deploy apply-task ${both}`,
  'deploy-task': `taskq-deploy deploy-task ${both}`,
  watch: `taskq-deploy watch ${both}`,
  scale: `taskq-deploy scale ${both}`,
  pause: `taskq-deploy pause ${both}`,
  resume: `taskq-deploy resume ${both}`,
  'delete-cluster': `taskq-deploy delete-cluster ${both}`,
  sweep: `taskq-deploy sweep ${both}`,
} as const

const upkeep = {
  test: 'node --test',
  typecheck: 'tsc --noEmit',
  lint: 'biome check .',
  format: 'biome check --write .',
} as const

/** A further task has a file, a table and an env file of its own, all of one name. */
function forTask(name: string): Versions {
  const [file, own] = [`--task ${name}.ts`, `-e config/${name}.env`]
  return {
    [`insert-${name}`]: `taskq insert ${file} ${own}`,
    [`work-${name}`]: `node run.ts ${file} ${own}`,
    [`results-${name}`]: `taskq results ${own}`,
  }
}
