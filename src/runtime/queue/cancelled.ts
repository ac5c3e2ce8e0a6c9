/** Whether a task is dead because a person said so, by the reason it was buried with. */
export function isCancelled(reason: unknown): boolean {
  return typeof reason === 'string' && /^cancelled\b/.test(reason)
}
