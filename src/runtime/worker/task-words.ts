import type { CrewEvents } from './crew.ts'
import type { WorkEvent } from './events.ts'
import type { HeldTask } from './held.ts'

/** What tasks say while they run, passed on as events of the worker. */
export function taskWords(
  tell: (event: WorkEvent) => void,
): Pick<CrewEvents<HeldTask>, 'onLog' | 'onProgress' | 'onOutput'> {
  return {
    onLog: ({ id, attempt }, message) => tell({ event: 'task-log', task: id, attempt, message }),
    onProgress: ({ id }, fraction) => tell({ event: 'task-progress', task: id, fraction }),
    onOutput: (text, task) =>
      tell({
        ...{ event: 'output', text },
        ...(task !== undefined && { task: task.id, attempt: task.attempt }),
      }),
  }
}
