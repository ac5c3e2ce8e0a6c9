import { hostname } from 'node:os'
import type { WatchSettings } from '../../watching/settings.ts'
import { Watchers } from '../../watching/watchers.ts'
import { Supervisor } from '../../worker/supervisor.ts'
import type { WorkOptions, WorkSummary } from '../../worker/work-options.ts'
import { openWatching, type Watched } from './open-watching.ts'

/** Works as told, with all that the settings ask for looking on. */
export async function workWatched(
  options: WorkOptions,
  watching: WatchSettings,
  watched: Pick<Watched, 'io' | 'cloudPath'>,
): Promise<WorkSummary> {
  const host = hostname()
  const worker = `${host}-${process.pid}`
  const watchers = new Watchers()
  const supervisor = new Supervisor({
    ...{ worker, host, onEvent: watchers.hear, onLeft: watchers.left },
    ...options,
  })
  try {
    await openWatching(watching, watchers, {
      ...watched,
      queue: options.queue,
      supervisor,
      worker,
      host,
    })
    const summary = await supervisor.run()
    watchers.hear({ event: 'ended', ...summary })
    return summary
  } finally {
    await watchers.close()
  }
}
