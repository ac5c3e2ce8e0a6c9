import { describe, expect, test } from 'vitest'
import { shortageOf } from '../../src/deploy/gke/quota.ts'
import { findMachine, type Machine } from '../../src/deploy/machines.ts'
import { openStage } from './world.ts'

describe('the quota that is short', () => {
  test.each<[string, string, boolean, number | undefined]>([
    [
      'Spot machines have a quota of their own where one was granted',
      'PREEMPTIBLE_CPUS 8',
      true,
      2,
    ],
    ['and share the common one where none was', 'PREEMPTIBLE_CPUS 0, CPUS 10', true, 2],
    ['beside the machine of the cluster itself', 'CPUS 9', false, 1],
    ['is none when all is enough', 'CPUS 14, INSTANCES 4, SSD_TOTAL_GB 300', false, undefined],
    ['may be that of E2 machines alone', 'CPUS 99, E2_CPUS 8', false, 1],
    ['or that over all regions', 'CPUS 99, CPUS_ALL_REGIONS 12', true, 2],
    ['may be that of machines', 'CPUS 99, INSTANCES 3', false, 2],
    ['or of addresses', 'CPUS 99, IN_USE_ADDRESSES 1', false, 0],
    ['or of disks', 'CPUS 99, SSD_TOTAL_GB 250', false, 2],
    ['is none where Google names none', '', true, undefined],
  ])('%s (%s)', (_, text, spot, enoughFor) => {
    const needed = { count: 3, machine: machine('e2-standard-4'), spot, diskGb: 100 }
    expect(shortageOf(quotas(text), needed)?.enoughFor).toBe(enoughFor)
  })

  test('counts what is used, and the CPUs of other families apart', () => {
    const needed = { count: 2, machine: machine('n2-standard-8'), spot: false, diskGb: 100 }
    const known = [
      { where: 'us-west1', metric: 'N2_CPUS', limit: 24, usage: 16 },
      ...quotas('CPUS 2'),
    ]
    expect(shortageOf(known, needed)).toEqual({ quota: known[0], enoughFor: 1 })
  })
})

describe('before anything is created', () => {
  test('a quota that allows no machine is refused, with the numbers and ways out', async context => {
    const stage = await openStage(context)
    stage.clusters.quotas = [{ metric: 'CPUS', limit: 8, usage: 6 }]
    for (const command of ['make-cluster --yes', 'deploy-task --yes', 'make-cluster --dry-run']) {
      const ran = await stage.deploy(command)
      expect(ran.code, command).toBe(64)
      expect(ran.err).toContain(
        'The quota CPUS of us-west1 is 8, of which 6 is used: of 1 machine of e2-standard-4 none of them may be there. Ask for more',
      )
    }
    expect(stage.clusters.changes).toEqual([])
  })

  test('one over all regions is named as such, and another zone is no way out of it', async context => {
    const stage = await openStage(context)
    stage.clusters.quotas = [{ metric: 'CPUS_ALL_REGIONS', limit: 12, usage: 10 }]
    const ran = await stage.deploy('make-cluster --yes')
    expect(ran.code).toBe(64)
    expect(ran.err).toContain(
      'The quota CPUS_ALL_REGIONS of all regions is 12, of which 10 is used: of 1 machine of e2-standard-4 none of them may be there. Ask for more in the Cloud console (IAM, Quotas), or lower TASK_REPLICAS.',
    )
  })

  test('one that allows fewer is minded, by plan too, and --json has it', async context => {
    const stage = await openStage(context)
    stage.set('TASK_REPLICAS', '10')
    stage.clusters.quotas = quotas('CPUS 6')
    const says = 'of 2 machines of e2-standard-4 only 1 of them may be there'
    expect(await stage.deploy('plan')).toMatchObject({
      code: 0,
      err: expect.stringContaining(says),
    })
    const { out } = await stage.deploy('plan --json')
    expect(JSON.parse(out).warnings.join()).toContain(says)
    expect(await stage.deploy('make-cluster --yes')).toMatchObject({
      code: 0,
      err: expect.stringContaining(says),
    })
    // Now the machines are in the quota themselves.
    expect((await stage.deploy('make-cluster --yes')).err).not.toContain('The quota')
  })

  test('quotas that cannot be seen stop nothing', async context => {
    const stage = await openStage(context)
    stage.clusters.denied = true
    expect(await stage.deploy('plan')).toMatchObject({
      code: 0,
      err: expect.stringContaining('Whether your quota is enough could not be seen'),
    })
  })
})

/** Quotas of which nothing is used: `CPUS 8, INSTANCES 4`. */
function quotas(text: string) {
  const all = text.split(', ').filter(each => each !== '')
  return all.map(each => {
    const [metric = '', limit] = each.split(' ')
    return { where: 'us-west1', metric, limit: Number(limit), usage: 0 }
  })
}

function machine(name: string): Machine {
  const found = findMachine(name)
  if (found === undefined) throw new Error(`no machine ${name}`)
  return found
}
