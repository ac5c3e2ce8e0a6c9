import { fillEnv, plainUrl } from './env.ts'
import { formats } from './formats.ts'
import type { Kit } from './kit.ts'
import { lockOf } from './lock.ts'
import { type Manifest, manifestOf } from './manifest.ts'
import { label } from './names.ts'
import type { Answers } from './options.ts'
import { queues } from './queues.ts'
import { markdown, render, type Values } from './render.ts'
import { exampleTables } from './tables.ts'

/** One file of a project. */
export interface PlannedFile {
  /** Below the project, with slashes. */
  readonly path: string
  readonly content: string | Uint8Array
}

/** What is known of a project beside the answers. */
export interface Project {
  /** Further tasks, by name. */
  readonly tasks: readonly string[]
  /** For the licence. */
  readonly year: number
}

/** A project on paper. */
export interface Plan {
  readonly manifest: Manifest
  readonly files: readonly PlannedFile[]
}

/** The files of a project. Pure: the same kit and answers give the same bytes. */
export async function plan(kit: Kit, given: Answers, project: Project): Promise<Plan> {
  const answers = { ...given, queueUrl: plainUrl(given.queueUrl) }
  const { deploy, example, format, licence, pinNode } = answers
  const { tasks, year } = project
  const manifest = manifestOf(kit, answers, tasks)
  const values: Values = {
    ...answers,
    ...{ description: markdown(answers.description), year, tasks },
    extension: formats[format]?.extension ?? '',
  }
  const table = await tableOf(example, format)
  const furtherTable = await tableOf(furtherExample, format)
  const vendor = ['taskq-runtime']
  if (deploy === 'gke') vendor.push('taskq-deploy')
  if (pinNode) vendor.push('taskq-node')
  const overlays = ['base', `example-${example}`]
  if (licence !== 'none') overlays.push(`licence-${licence}`)
  if (deploy === 'gke') overlays.push('gke')
  const files = [
    ...overlays.flatMap(name => overlay(kit, name, values)),
    ...tasks.flatMap(task => furtherTask(kit, task, answers, values)),
    ...tasks.map(task => ({ path: `${task}${values.extension}`, content: furtherTable })),
    { path: 'README.md', content: readme(kit, answers, tasks, values) },
    { path: `tasks${values.extension}`, content: table },
    { path: 'package.json', content: `${JSON.stringify(manifest, undefined, 2)}\n` },
    { path: 'package-lock.json', content: lockOf(rootOf(manifest), lockedIn(kit)) },
    ...vendor.flatMap(name => {
      const packed = kit.packages.get(name)
      return packed === undefined ? [] : [{ path: `vendor/${packed.file}`, content: packed.bytes }]
    }),
  ]
  const filled = files.map(file => ({ ...file, content: fill(file, answers) }))
  return { manifest, files: filled.toSorted((a, b) => (a.path < b.path ? -1 : 1)) }
}

/** The names of the tools' own files are told apart by this in templates/: npm packs no .gitignore. */
const guard = /(^|\/)_(?=[^/]+$)/

/**
 * The files of a folder below templates/: those that end in .hbs are filled in, all others are copied
 * byte for byte.
 */
function overlay({ templates }: Kit, name: string, values: Values): readonly PlannedFile[] {
  const found = [...templates].filter(([path]) => path.startsWith(`${name}/`))
  if (found.length === 0)
    throw new Error(`There is no templates/${name}; install the generator anew.`)
  return found.map(([path, bytes]) => {
    const target = path.slice(name.length + 1).replace(guard, '$1')
    if (!target.endsWith('.hbs')) return { path: target, content: bytes }
    return { path: target.slice(0, -'.hbs'.length), content: render(text(bytes), values) }
  })
}

/** What a further task begins from: the example of a single file, so that several stand side by side. */
const furtherExample = 'pi'

function furtherTask(
  { templates }: Kit,
  task: string,
  { queueUrl }: Answers,
  values: Values,
): readonly PlannedFile[] {
  const env = text(templates.get('base/config/task.env'))
  const source = (file: string) =>
    text(templates.get(`example-${furtherExample}/${file}`)).replaceAll('task.ts', `${task}.ts`)
  return [
    {
      path: `config/${task}.env`,
      content: fillEnv(env, {
        TASKQUEUE_PATH: queueOf(queueUrl, task),
        TASK_PARAMETER_FILENAME: `${task}${values.extension}`,
        CF_CLOUDPATH: values.cloudpath,
      }),
    },
    { path: `${task}.ts`, content: source('task.ts') },
    { path: `${task}.test.ts`, content: source('task.test.ts') },
  ]
}

/** A queue beside the first one: `sqlite:data/queue.db` is `sqlite:data/queue-clean.db`. */
export function queueOf(url: string, task: string): string {
  const [path = '', ...query] = url.split('?')
  const named = path.replace(/(\.\w+)?$/, ending => `-${task}${ending}`)
  return [named, ...query].join('?')
}

/** README.md is put together from whole pages, each about one thing. */
function readme({ templates }: Kit, answers: Answers, tasks: readonly string[], values: Values) {
  const { deploy, example, format, licence, pinNode, queue } = answers
  const pages = [
    queues[queue]?.isMade === true ? 'start-made' : 'start',
    `example-${example}`,
    'edit',
    `table-${format}`,
    `queue-${queue}`,
    ...(tasks.length > 0 ? pagesOfTasks(answers) : []),
    `container-${queues[queue]?.isLocal === true ? 'local' : 'remote'}`,
    ...(deploy === 'gke' ? [queues[queue]?.isLocal === true ? 'gke-local' : 'gke'] : []),
    'kept',
    pinNode ? 'node-pinned' : 'node-own',
    ...(licence === 'none' ? [] : ['licence']),
  ]
  const texts = pages.map(page => {
    const source = templates.get(`readme/${page}.md.hbs`)
    if (source === undefined) throw new Error(`There is no templates/readme/${page}.md.hbs.`)
    return render(text(source), values).trimEnd()
  })
  return `${texts.join('\n\n')}\n`
}

function pagesOfTasks({ deploy, queue }: Answers): readonly string[] {
  return [
    'tasks',
    ...(queues[queue]?.isMade === true ? ['tasks-made'] : []),
    ...(deploy === 'gke' ? ['tasks-gke'] : []),
  ]
}

/** Env files are env files as they lie: what was answered goes in by the variable's name. */
function fill({ path, content }: PlannedFile, answers: Answers): PlannedFile['content'] {
  if (path === 'config/task.env')
    return fillEnv(text(content), {
      TASKQUEUE_PATH: answers.queueUrl,
      CF_CLOUDPATH: answers.cloudpath,
    })
  if (path !== 'config/cluster.env') return content
  const { googleProject, googleZone, googleNetwork, name } = answers
  const region = googleZone.slice(0, googleZone.lastIndexOf('-'))
  return fillEnv(text(content), {
    TASK_NAME: label(name),
    GOOGLE_PROJECT_NAME: googleProject,
    GOOGLE_CLUSTER_NAME: label(name),
    GOOGLE_ZONE: googleZone,
    GOOGLE_SUBNETWORK_REGION: region,
    GOOGLE_VPC_NETWORK_NAME: googleNetwork,
    TASK_DOCKER_IMAGE: `${region}-docker.pkg.dev/${googleProject}/taskq/${label(name)}:v1`,
  })
}

async function tableOf(example: string, format: string): Promise<Uint8Array> {
  const [table, kind] = [exampleTables[example], formats[format]]
  if (table === undefined || kind === undefined)
    throw new Error(`No ${format} table of ${example}.`)
  return await kind.encode(table())
}

function rootOf({ name, version, license, dependencies, devDependencies, engines }: Manifest) {
  return { name, version, ...(license && { license }), dependencies, devDependencies, engines }
}

/** Everything a project may have, with our own packages where the project keeps them. */
function lockedIn({ locked, packages }: Kit) {
  const own = [...packages].map(([name, { file, integrity }]) => {
    const path = `node_modules/${name}`
    return [path, { ...locked[path], resolved: `file:vendor/${file}`, integrity }]
  })
  return { ...locked, ...Object.fromEntries(own) }
}

function text(content: string | Uint8Array = ''): string {
  return typeof content === 'string' ? content : new TextDecoder().decode(content)
}
