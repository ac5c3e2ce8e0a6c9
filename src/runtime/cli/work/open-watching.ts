import { logPlaceOf } from '../../logs/folder.ts'
import { logKeeper } from '../../logs/keeper.ts'
import type { Queue } from '../../queue/queue.ts'
import { plainDisplay, terminalDisplay } from '../../watching/display.ts'
import { isWell } from '../../watching/health.ts'
import { Observer } from '../../watching/look.ts'
import type { Screen } from '../../watching/screen.ts'
import type { WatchSettings } from '../../watching/settings.ts'
import type { Watcher } from '../../watching/watcher.ts'
import type { Watchers } from '../../watching/watchers.ts'
import type { Supervisor } from '../../worker/supervisor.ts'

/** The worker that is to be watched. */
export interface Watched {
  readonly queue: Queue
  readonly supervisor: Supervisor
  readonly worker: string
  readonly host: string
  readonly io: { readonly stdout: Screen }
  /** What `CF_CLOUDPATH` says. */
  readonly cloudPath: string | undefined
}

/** Opens all that the settings ask for; what is not asked for is not even loaded. */
export async function openWatching(
  settings: WatchSettings,
  watchers: Watchers,
  watched: Watched,
): Promise<void> {
  const { queue, supervisor, worker, host } = watched
  const observer = new Observer(supervisor, queue)
  const look = () => observer.freshLook()
  const add = (watcher: Watcher) => watchers.add(watcher, look)
  const tell = watchers.hear
  const now = Date.now
  const well = () => isWell(supervisor, performance.now())
  add(await displayOf(settings, watched))
  const { keepLogs: keep, logDir, logLimit: limitBytes } = settings
  if (keep !== 'none') {
    const place = logPlaceOf(queue, logDir, watched.cloudPath)
    const common = { keep, limitBytes, worker, now, tell }
    if (place.kind === 'folder') add(logKeeper({ ...common, folder: place.folder }))
    else {
      const { shippingKeeper } = await import('../../logs/shipping.ts')
      add(await shippingKeeper(place.address, common))
    }
  }
  const { eventsFile, eventsQueue, eventsCompleted: completed } = settings
  if (eventsFile !== undefined || eventsQueue !== undefined) {
    const out = await import('../../watching/events-out.ts')
    const options = { worker, host, completed, now, tell }
    if (eventsFile !== undefined) add(await out.eventsFile(eventsFile, options))
    if (eventsQueue !== undefined) add(await out.eventsQueue(eventsQueue, queue.url, options))
  }
  if (settings.heartbeatFile !== undefined) {
    const { heartbeatFile } = await import('../../watching/heartbeat-file.ts')
    add(heartbeatFile(settings.heartbeatFile, well, () => new Date(), tell))
  }
  const { keptSeconds } = queue.driver.limits
  if (keptSeconds !== undefined) {
    const { retentionWatch } = await import('../../watching/retention.ts')
    add(retentionWatch(keptSeconds, tell))
  }
  const { metricsPort, metricsHost } = settings
  if (metricsPort !== undefined) {
    const { workerMetrics } = await import('../../watching/metrics.ts')
    const { serveMetrics } = await import('../../watching/metrics-server.ts')
    const { times } = supervisor.crew
    const metrics = async () => workerMetrics(await look(), { worker, times, isWell: well() })
    const { url, close } = await serveMetrics(metricsPort, metricsHost, { metrics, isWell: well })
    add({ close })
    tell({ event: 'listening', url })
  }
}

async function displayOf({ logFormat }: WatchSettings, watched: Watched): Promise<Watcher> {
  const { io, worker, supervisor } = watched
  const { stdout } = io
  const screen = lasting(stdout)
  const isTerminal = stdout.isTTY === true
  if (logFormat === 'json' || (logFormat === 'auto' && !isTerminal)) {
    const { jsonLines } = await import('../../watching/json-lines.ts')
    return jsonLines(screen, worker)
  }
  // What a task writes in the worker's own process would go right through the lines that stay.
  const isLive = isTerminal && process.env['TERM'] !== 'dumb' && !supervisor.runsTasksItself
  return isLive ? terminalDisplay(screen) : plainDisplay(screen)
}

/** A stream that nobody reads any more is no reason to lose work: what would be shown is dropped. */
function lasting(stream: Screen): Screen {
  let isOpen = true
  if ('on' in stream && typeof stream.on === 'function')
    stream.on('error', () => {
      isOpen = false
    })
  return {
    get columns() {
      return stream.columns ?? 80
    },
    get writableLength() {
      return stream.writableLength ?? 0
    },
    write: text => isOpen && stream.write(text),
  }
}
