import { type Dirent, existsSync } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TaskqError } from '../queue/errors.ts'
import type { Row } from '../tables/table.ts'

/**
 * Tells of each row whether its output is there already, for `filterTasks`. The folder is listed
 * once, with all below it; `name` says how the output of a row is called, relative to the folder.
 * A million outputs take about 100 MB while the filter runs.
 */
export async function outputExists(
  cloudpath: string,
  name: (row: Row) => string,
): Promise<(row: Row) => boolean> {
  const names = await listOutputs(folderOf(cloudpath))
  return row => names.has(plain(name(row)))
}

/** Every file below a folder by its relative path with slashes; none where the folder is not there. */
async function listOutputs(root: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  if (!existsSync(root)) return names
  const waiting = ['']
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for await (const entry of await opened(join(root, folder))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) waiting.push(path)
      else names.add(path)
    }
  }
  return names
}

/** Entries that are read from the system in one go. */
const entriesAtOnce = 4096

async function opened(path: string): Promise<AsyncIterable<Dirent>> {
  try {
    return await opendir(path, { bufferSize: entriesAtOnce })
  } catch (cause) {
    throw new TaskqError(
      'invalid',
      `The outputs in ${path} cannot be listed. Check that it is a folder you may read, and CF_CLOUDPATH.`,
      { cause },
    )
  }
}

function folderOf(cloudpath: string): string {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(cloudpath)?.[1]?.toLowerCase()
  if (cloudpath.trim() === '')
    throw new TaskqError(
      'invalid',
      'There is no folder of outputs to look into. Set CF_CLOUDPATH in config/task.env, for example CF_CLOUDPATH=file:///data/results',
    )
  if (scheme === undefined) return cloudpath
  if (scheme === 'file') return fileURLToPath(new URL(cloudpath))
  throw new TaskqError(
    'unsupported',
    `Outputs under ${scheme}: cannot be listed yet (${cloudpath}). List them with the tool of the store, save the names to a file, and let filterTasks read that.`,
  )
}

function plain(name: string): string {
  return name.replace(/^(\.?\/)+/, '')
}
