import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, type TestContext, test } from 'vitest'
import type { KubeApi } from '../../src/deploy/kube/api.ts'
import { openKubeConfig } from '../../src/deploy/kube/client.ts'
import { ownCertificate } from './certificate.ts'
import { at, textAt } from './kube/store.ts'
import { openStage, type Stage } from './world.ts'

/**
 * What must hold on any cluster. It runs on the fake, and on a real one that is named by
 * TASKQ_TEST_KUBECONFIG (and TASKQ_TEST_CONTEXT); there it makes and deletes the namespace taskq-demo,
 * and TASKQ_TEST_IMAGE names an image whose command sleeps and that runs as any user.
 */
const real = process.env['TASKQ_TEST_KUBECONFIG']
const clusters: readonly (readonly [string, string | undefined])[] = [
  ['the fake', undefined],
  ...(real === undefined ? [] : [['the cluster of TASKQ_TEST_KUBECONFIG', real] as const]),
]

describe.for(clusters)('on %s', ([, given]) => {
  test('a fleet is applied, resized, replaced, paused and removed, and no pod is left', {
    timeout: 600_000,
  }, async context => {
    const { stage, kube, on } = await open(context, given)
    const workers = async () => {
      const answer = await kube.send({
        method: 'GET',
        path: '/api/v1/namespaces/taskq-demo/pods',
        signal: new AbortController().signal,
      })
      const items = at(answer.body, 'items')
      return (Array.isArray(items) ? items : []).filter(
        pod =>
          at(pod, 'metadata', 'deletionTimestamp') === undefined &&
          /Pending|Running/.test(textAt(pod, 'status', 'phase')),
      ).length
    }
    expect(await stage.deploy(`apply-task --dry-run ${on}`)).toMatchObject({ code: 0 })
    expect(await stage.deploy(`apply-task ${on}`)).toMatchObject({ code: 0 })
    expect(await workers()).toBe(2)
    expect(await stage.deploy(`scale 4 ${on}`)).toMatchObject({ code: 0 })
    await expect.poll(workers, { timeout: 60_000 }).toBe(4)
    stage.set('CPU_REQUEST', '50m')
    expect(await stage.deploy(`apply-task ${on}`)).toMatchObject({
      code: 0,
      err: expect.stringContaining('of an earlier configuration: removed'),
    })
    await expect.poll(workers, { timeout: 60_000 }).toBe(2)
    expect(await stage.deploy(`pause ${on}`)).toMatchObject({ code: 0 })
    expect(await workers()).toBe(0)
    expect(await stage.deploy(`resume ${on}`)).toMatchObject({ code: 0 })
    await expect.poll(workers, { timeout: 60_000 }).toBe(2)
    expect(await stage.deploy(`delete-cluster --yes ${on}`)).toMatchObject({
      code: 0,
      out: expect.stringContaining('Nothing of the fleet is left.'),
    })
    expect(await workers()).toBe(0)
  })
})

async function open(context: TestContext, given: string | undefined) {
  const stage = await openStage(context)
  stage.set('CPU_REQUEST', '51m')
  stage.set('TASK_DOCKER_IMAGE', process.env['TASKQ_TEST_IMAGE'] ?? 'example.invalid/demo:v1')
  // Machines of any kind will do here.
  const template = join(stage.folder, 'templates/kube-task.yaml')
  writeFileSync(template, readFileSync(template, 'utf8').replace(/^ +nodeSelector: .*\n/m, ''))
  const path = given ?? kubeconfigOf(context, stage)
  const named = process.env['TASKQ_TEST_CONTEXT']
  const kube: KubeApi = openKubeConfig(path, named)
  return {
    stage,
    kube,
    on: `--kubeconfig ${path}${named === undefined ? '' : ` --context ${named}`}`,
  }
}

/** A kubeconfig that leads to the fake. */
function kubeconfigOf(context: TestContext, stage: Stage): string {
  const certificate = Buffer.from(ownCertificate(context).cert).toString('base64')
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config' },
    contexts: [{ name: 'fake', context: { cluster: 'c', user: 'u' } }],
    clusters: [
      { name: 'c', cluster: { server: stage.kube.url, 'certificate-authority-data': certificate } },
    ],
    users: [{ name: 'u', user: { token: 'good' } }],
  }
  stage.write('kubeconfig', JSON.stringify(config))
  return join(stage.folder, 'kubeconfig')
}
