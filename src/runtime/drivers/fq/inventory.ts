import { existsSync, lstatSync, readdirSync, realpathSync, rmdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Inventory } from '../../queue/driver.ts'
import { translate } from './errors.ts'
import { codeOf } from './folder.ts'

/** What belongs to a queue in its folder: Python's parts and ours. */
const ownParts = ['queue', 'movement', 'insertions', 'completions', 'taskq']

/** The parts of a queue that are in a folder; what else lies there is none of ours, and stays. */
export function inventoryOf(given: string): Inventory {
  const named = resolve(given)
  const isQueue = existsSync(join(named, 'queue')) && existsSync(join(named, 'movement'))
  const isLink = lstatSync(named, { throwIfNoEntry: false })?.isSymbolicLink() === true
  const root = isQueue && isLink ? realpathSync(named) : named
  const entries = isQueue ? readdirSync(root) : []
  const parts = ownParts.filter(part => entries.includes(part))
  const others = entries.filter(entry => !ownParts.includes(entry))
  // A link to a folder that stays for what else lies in it goes on leading there.
  const links = isLink && isQueue && others.length === 0 ? [named] : []
  return {
    parts: [...parts.map(part => join(root, part)), ...links.map(link => `link ${link}`)],
    left: others.map(entry => ({ name: join(root, entry), why: 'no part of a queue' })),
    remove() {
      try {
        for (const part of parts) rmSync(join(root, part), { recursive: true, force: true })
        if (isQueue && others.length === 0) removeEmpty(root)
        for (const link of links) rmSync(link, { force: true })
      } catch (error) {
        throw translate(error, `fq://${root}`)
      }
      return Promise.resolve()
    },
  }
}

/** The folder itself stays, empty, where it is a place for a disk or not ours to remove. */
function removeEmpty(root: string): void {
  try {
    rmdirSync(root)
  } catch (error) {
    if (!['EBUSY', 'EACCES', 'EPERM', 'ENOTEMPTY'].includes(codeOf(error) ?? '')) throw error
  }
}
