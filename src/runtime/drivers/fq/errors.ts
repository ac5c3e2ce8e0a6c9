import { TaskqError } from '../../queue/errors.ts'
import { codeOf } from './folder.ts'

/** What the file system said, as one of our codes, with the place named and what to do next. */
export function translate(error: unknown, url: string): unknown {
  const code = codeOf(error)
  if (code === undefined || error instanceof TaskqError) return error
  const cause = { cause: error }
  const text = error instanceof Error ? error.message : String(error)
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new TaskqError(
      'unavailable',
      `No right to do that in ${url}: ${text}. Check who owns the folder and everything in it.`,
      cause,
    )
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new TaskqError(
      'unavailable',
      `The disk under ${url} is full (${code}); whether the last change was kept is unknown. Free some space or inodes (df -h, df -i), then go on.`,
      cause,
    )
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new TaskqError(
      'unavailable',
      `A folder of ${url} is gone: ${text}. Mount it or bring it back; an insert makes a queue anew.`,
      cause,
    )
  if (code === 'ENAMETOOLONG' || code === 'EINVAL')
    return new TaskqError('invalid', `${url} cannot be used like that: ${text}.`, cause)
  return new TaskqError(
    'unavailable',
    `The file system under ${url} failed (${code}): ${text}. Whether the last change was kept is unknown; try again.`,
    cause,
  )
}
