import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { OpenOptions } from '../../queue/driver.ts'
import { TaskqError } from '../../queue/errors.ts'
import { type Folder, folderOf, foldersIn, makeFolders } from './folder.ts'
import { refuseWeak } from './self-test.ts'

/** Opens or makes the folder of a queue, having refused what would go wrong later. */
export function openFolder(given: string, durable: boolean, { create }: OpenOptions): Folder {
  const path = resolve(given)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found !== undefined && !found.isDirectory())
    throw new TaskqError(
      'invalid',
      `${path} is no folder, as a queue of files is. Name a folder, or write sqlite:${path} for a file.`,
    )
  const isQueue = statSync(join(path, 'queue'), { throwIfNoEntry: false })?.isDirectory() === true
  if (!isQueue && !create)
    throw new TaskqError(
      'invalid',
      `There is no queue at ${path}. It is made by the first insert; check the path and the folder you are in.`,
    )
  if (!isQueue && found !== undefined && readdirSync(path).length > 0)
    throw new TaskqError(
      'invalid',
      `${path} holds other things and no queue. Name a new or an empty folder, such as ${join(path, 'queue-1')}.`,
    )
  const folder = folderOf(path, durable)
  refuseLinks(folder)
  makeFolders(folder)
  const real = folderOf(realpathSync(path), durable)
  refuseWeak(real)
  return real
}

/** A link in place of one of the queue's folders would have us write, or purge, where it leads. */
function refuseLinks(folder: Folder): void {
  for (const path of foldersIn(folder))
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true)
      throw new TaskqError(
        'invalid',
        `${path} is a symbolic link, and what it leads to may be no part of the queue. Move the folder itself here, or name the folder above it that it leads to.`,
      )
}
