import { join } from 'node:path'
import { openQueue } from '../../src/runtime/index.ts'
import type { Kind } from '../grounds.ts'

/** The embedded queue. */
export const sqlite: Kind = {
  name: 'sqlite',
  medium: 'file',
  share: 1,
  ...local(folder => `sqlite:${join(folder, 'queue.db')}`),
}

/** The shared folder: one file a task is slow. */
export const fq: Kind = {
  name: 'fq',
  medium: 'folder',
  share: 0.1,
  ...local(folder => `fq://${join(folder, 'queue')}`),
}

function local(
  urlIn: (folder: string) => string,
): Pick<Kind, 'traits' | 'lateWord' | 'open' | 'close'> {
  return {
    traits: { fenced: true, unique: true },
    lateWord: 'refused',
    open(folder) {
      const url = urlIn(folder)
      return Promise.resolve({
        ...{ url, env: {}, ending: 'drained' },
        look: () => openQueue(url),
        close: () => Promise.resolve(),
      })
    },
    close: () => Promise.resolve(),
  }
}
