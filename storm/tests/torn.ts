import { randomUUID } from 'node:crypto'
import { symlinkSync, truncateSync } from 'node:fs'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onField } from '../field.ts'
import { lookBack } from '../look.ts'
import { type Fault, planFaults } from '../plan.ts'
import type { StormTest } from '../storm.ts'
import { until } from '../workers.ts'

const harms = ['cut', 'emptied', 'movement', 'stray', 'link', 'half a line'] as const
type Harm = (typeof harms)[number]

export const torn: StormTest = {
  name: 'torn',
  promise: 'files that are torn, emptied or strange are set aside and counted, the rest is done',
  load: 'light',
  refuses: ({ medium }) => (medium === 'folder' ? undefined : 'its tasks are no files'),
  async run(storm) {
    const { store, chance, isLong } = storm
    const count = isLong ? 5000 : 400
    const tasks = new Array(count).fill({ does: 'waits', seconds: 0.01 })
    const settings = { TQ_CONCURRENCY: '2', TQ_LEASE_SECONDS: '3' }
    const plan = { tasks, settings, idOf: () => randomUUID() }
    return await onField(storm, plan, async field => {
      const { workers, runs, watch } = field
      const root = join(store, 'queue')
      const faults = planFaults(chance, isLong ? 300 : 40, harms)
      for (const fault of faults.slice(0, 10)) await harm(root, fault)
      workers.launch()
      workers.launch()
      for (const fault of faults.slice(10)) {
        const share = fault.atShare * count
        // What is torn is never done, so that the last shares may not come.
        const isThere = async () => (await runs.refresh()).ended.size >= share * 0.8
        await until(isThere, 'the next share')
        await harm(root, fault)
      }
      const ends = await workers.gone(watch, count)
      const { dead = 0 } = await watch.queue.counts()
      const aside = (await readdir(join(root, 'taskq/quarantine'))).length
      const { figures } = await lookBack(storm, field, { dead: 'any' })
      return {
        ...figures,
        extraRuns: 0,
        faults: [
          ...figures.faults,
          ...ends,
          ...(dead === aside ? [] : [`${aside} files lie in quarantine, ${dead} tasks are dead`]),
          ...(dead > 0 ? [] : ['no torn file was found']),
        ],
        note: `${faults.length} harms, ${aside} files set aside`,
      }
    })
  },
}

/** Does one harm to what is there just now. */
async function harm(root: string, { kind, victim }: Fault<Harm>): Promise<void> {
  const queue = join(root, 'queue')
  switch (kind) {
    case 'cut':
      return await tear(queue, victim, victim / 1000)
    case 'emptied':
      return await tear(queue, victim, 0)
    case 'movement':
      return await tear(join(root, 'movement'), victim, victim / 1000)
    case 'stray':
      await writeFile(join(queue, `stray ${victim}.json`), '{"payload":')
      await mkdir(join(queue, `0--${randomUUID()}`))
      return
    case 'link':
      symlinkSync('/etc/hostname', join(queue, `link-${randomUUID()}`))
      return
    case 'half a line': {
      const done = join(root, 'taskq/done')
      const [name = ''] = await readdir(done)
      const [epoch = ''] = name.split('-')
      const file = join(done, `${epoch}-${randomUUID()}.ndjson`)
      if (name !== '') await writeFile(file, '{"key":"')
    }
  }
}

/** Truncates a file of a folder, chosen by number, to a share of its length. */
async function tear(folder: string, victim: number, share: number): Promise<void> {
  const names = (await readdir(folder)).filter(name => !/^(stray|link)/.test(name)).sort()
  for (let tries = 0; tries < names.length; tries += 1) {
    const path = join(folder, names[(victim + tries) % names.length] ?? '')
    try {
      const info = await stat(path)
      if (!info.isFile()) continue
      truncateSync(path, Math.floor(info.size * share))
      return
    } catch {
      // It was leased or finished meanwhile, which gives it another name.
    }
  }
}
