import { formats } from '../../generators/app/formats.ts'
import { type Kit, readTemplates, vendored } from '../../generators/app/kit.ts'
import { licences } from '../../generators/app/licences.ts'
import { type Answers, type Question, questions } from '../../generators/app/options.ts'
import { queues } from '../../generators/app/queues.ts'
import { settle } from '../../generators/app/settle.ts'
import { stores } from '../../generators/app/stores.ts'
import { exampleTables } from '../../generators/app/tables.ts'
import { projectLock, readLock } from '../../tools/lock.ts'
import { ROOT, readPackages } from '../../tools/workspaces.ts'

/** The kit of this repository, with stand-ins for tarballs: nothing needs to be packed. */
export function sourceKit(): Kit {
  const own = readPackages().filter(({ name }) => vendored.some(each => each === name))
  return {
    version: '1.2.3',
    templates: readTemplates(ROOT),
    packages: new Map(
      vendored.map(name => {
        const packed = {
          file: `${name}-1.2.3.tgz`,
          bytes: Buffer.from(name),
          integrity: 'sha512-0',
        }
        return [name, packed]
      }),
    ),
    locked: projectLock(readLock(), own).packages,
  }
}

/** What a machine without git, gcloud and an author would tell. */
export const facts = {
  folderName: 'my-job',
  hasGit: false,
  machineNode: '20.20.2',
  year: 2026,
} as const

/** The usual answers, with some given. */
export function answersWith(given: Partial<Answers> = {}): Answers {
  return settle(given, {}, facts)
}

const { deploy }: Readonly<Record<string, Question>> = questions

/** Everything that can be chosen. */
export const choices = {
  queue: Object.keys(queues),
  example: Object.keys(exampleTables),
  format: Object.keys(formats),
  storage: Object.keys(stores),
  deploy: deploy?.kind === 'choice' ? Object.keys(deploy.choices) : [],
  licence: Object.keys(licences),
  pinNode: [true, false],
} as const
