import { describe, expect, type TestContext, test } from 'vitest'
import { failure } from './kube/refusals.ts'
import { openStage } from './world.ts'

const FAULTS = {
  'that has an error of its own': failure(500, 'leader changed', 'InternalError'),
  'whose error has no reason': failure(500, 'etcdserver: request timed out'),
  'that is out of order': failure(503, 'no endpoints', 'ServiceUnavailable'),
  'that hangs up': 'hang up',
} as const

describe('a server', () => {
  for (const [kind, fault] of Object.entries(FAULTS)) {
    test(`${kind} is asked again, which is said`, async context => {
      const { stage, faults } = await openFaulty(context, [fault, fault])
      const ran = await stage.deploy('apply-task --dry-run')
      expect(ran.code).toBe(0)
      expect(ran.err).toMatch(/Trying again in 1 s\.\n.+Trying again in 2 s\./)
      expect(faults).toEqual([])
    })
  }

  test('that stays out of order is asked five times and no more; then what it said is told', async context => {
    const { stage, faults } = await openFaulty(
      context,
      Array.from({ length: 6 }, () => FAULTS['that is out of order']),
    )
    expect(await stage.deploy('apply-task --dry-run')).toMatchObject({
      code: 69,
      err: expect.stringMatching(/in 8 s\.\n(?:.|\n)*no endpoints \(503\)\. Run the same command/),
    })
    expect(faults).toHaveLength(1)
  })

  test('that refuses a slip, which is a 500 too, is not asked again', async context => {
    const slip = failure(500, '.spec.paralelism: field not declared in schema')
    const { stage, faults } = await openFaulty(context, [slip, slip])
    const ran = await stage.deploy('apply-task --dry-run')
    expect(ran.code).toBe(64)
    expect(ran.err).not.toContain('Trying again')
    expect(faults).toHaveLength(1)
  })

  test('is asked again by pause and delete-cluster too', async context => {
    const { stage, faults } = await openFaulty(context, [])
    await stage.deploy('apply-task')
    // What was watched until now may still be asking.
    stage.kube.fault = (method, path) =>
      method !== 'GET' && path.includes('/jobs/') ? faults.shift() : undefined
    for (const command of ['pause', 'delete-cluster --yes']) {
      faults.push(FAULTS['that is out of order'])
      const ran = await stage.deploy(command)
      expect(ran).toMatchObject({ code: 0, err: expect.stringContaining('Trying again in 1 s.') })
    }
  })
})

type Fault = (typeof FAULTS)[keyof typeof FAULTS]

/** A cluster whose next answers about the namespace and Jobs are these. */
async function openFaulty(context: TestContext, coming: readonly Fault[]) {
  const stage = await openStage(context)
  expect(await stage.deploy('make-cluster --yes')).toMatchObject({ code: 0 })
  const faults = [...coming]
  stage.kube.fault = (_, path) =>
    /taskq-demo$|\/jobs(\/|$)/.test(path) ? faults.shift() : undefined
  return { stage, faults }
}
