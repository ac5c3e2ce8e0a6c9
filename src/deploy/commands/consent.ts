import { TaskqError } from 'taskq-runtime'
import { isYes } from 'taskq-runtime/cli'
import type { Flags } from './flags.ts'
import type { World } from './world.ts'

/** Whether whoever sits there agrees. Where nobody does, --yes must have been given. */
export async function agreed({ shell }: World, flags: Flags, question: string): Promise<boolean> {
  if (flags.yes) return true
  if (shell.ask === undefined) {
    throw new TaskqError('invalid', 'Nobody is here to be asked. Say it beforehand: --yes')
  }
  return isYes(await shell.ask(`${question} [y/N] `))
}
