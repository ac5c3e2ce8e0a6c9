import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { TaskqError } from '../../queue/errors.ts'
import { append, codeOf, type Folder, removed, syncFolder, uniqueName, writeNew } from './folder.ts'

/** What a queue of files needs of its file system, and whether it is so. */
interface Guarantee {
  readonly name: string
  /** Why it is needed, for people. */
  readonly why: string
  /** `undefined` where it holds, else what was seen. */
  readonly fault: string | undefined
}

/** Tries what the queue relies on, in files of its own. */
function tryGuarantees(folder: Folder): readonly Guarantee[] {
  return guarantees.map(({ name, why, act }) => {
    const base = join(folder.temp, uniqueName())
    try {
      return { name, why, fault: act(base, folder) }
    } catch (error) {
      const code = codeOf(error)
      if (code === undefined || passing.has(code)) throw error
      return { name, why, fault: code }
    } finally {
      for (const path of [base, `${base}-2`]) rmSync(path, { force: true })
    }
  })
}

/** What says nothing of the file system, but of who asks and when. */
const passing = new Set(['EACCES', 'EROFS', 'ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOENT'])

/** Refuses a file system on which tasks would be lost or run twice. */
export function refuseWeak(folder: Folder): void {
  const fault = tryGuarantees(folder).find(one => one.fault !== undefined)
  if (fault === undefined) return
  throw new TaskqError(
    'unsupported',
    `${folder.root} lies on a file system that does not keep what a queue of files needs: ${fault.name} (${fault.why}); seen: ${fault.fault}. Put the queue on another one.`,
  )
}

interface Trial {
  readonly name: string
  readonly why: string
  readonly act: (base: string, folder: Folder) => string | undefined
}

const guarantees: readonly Trial[] = [
  {
    name: 'a file is made by one only',
    why: 'two who insert the same task must not both succeed',
    act(base) {
      writeNew(base, 'first', false)
      try {
        writeNew(base, 'second', false)
        return 'a file was made twice'
      } catch (error) {
        return codeOf(error) === 'EEXIST' ? undefined : `an unexpected answer, ${codeOf(error)}`
      }
    },
  },
  {
    name: 'a rename replaces a file as a whole',
    why: 'nobody may ever read half a task',
    act(base) {
      writeNew(base, 'new', false)
      writeNew(`${base}-2`, 'old', false)
      renameSync(base, `${base}-2`)
      return readFileSync(`${base}-2`, 'utf8') === 'new' ? undefined : 'the old text is still there'
    },
  },
  {
    name: 'a file is renamed by one only',
    why: 'renaming a task is what leases it',
    act(base) {
      writeNew(base, '', false)
      renameSync(base, `${base}-2`)
      try {
        renameSync(base, `${base}-2`)
        return 'a file was renamed twice'
      } catch (error) {
        return codeOf(error) === 'ENOENT' ? undefined : `an unexpected answer, ${codeOf(error)}`
      }
    },
  },
  {
    name: 'what is appended is added',
    why: 'counters and results only grow',
    act(base) {
      append(base, 'one')
      append(base, 'two')
      return statSync(base).size === 6 ? undefined : 'an append wrote over what was there'
    },
  },
  {
    name: 'an open file can still be read when it is removed',
    why: 'tasks are read while others finish them',
    act(base) {
      writeNew(base, 'text', false)
      const file = openSync(base, 'r')
      try {
        removed(base)
        return readFileSync(file, 'utf8') === 'text' ? undefined : 'its text was gone'
      } finally {
        closeSync(file)
      }
    },
  },
  {
    name: 'a folder of the queue and the place for new files are one file system',
    why: 'a task is written beside the queue and renamed into it',
    act(_, folder) {
      const devices = [folder.queue, folder.movement, folder.temp].map(path => statSync(path).dev)
      return new Set(devices).size === 1 ? undefined : 'they are different devices'
    },
  },
  {
    name: 'a folder can be synced',
    why: 'what was answered must survive a power cut; without it, add ?durable=false',
    act(_, folder) {
      if (folder.durable) syncFolder(folder.temp)
      return undefined
    },
  },
]
