import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { eventShape, type KubeEvent, type Pod, podShape } from '../../src/deploy/kube/objects.ts'
import { findMachine } from '../../src/deploy/machines.ts'
import { type CauseName, causes, findCauses } from '../../src/deploy/watch/causes.ts'
import { costOf, pricesOf } from '../../src/deploy/watch/cost.ts'
import { fleetState } from '../../src/deploy/watch/fleet-state.ts'
import { finalFinding, remember } from '../../src/deploy/watch/patience.ts'
import { ROOT } from '../../tools/workspaces.ts'
import { at } from './kube/store.ts'

describe('what keeps workers from running', () => {
  test.each([
    [
      'image-missing',
      waiting('ImagePullBackOff', 'Back-off pulling image'),
      event('Failed', 'Failed to pull image "x": rpc error: code = NotFound: not found'),
    ],
    ['image-missing', waiting('InvalidImageName', "couldn't parse image name")],
    [
      'image-denied',
      waiting('ErrImagePull', ''),
      event('Failed', 'Failed to pull image "x": 403 Forbidden'),
    ],
    ['image-platform', waiting('ErrImagePull', 'no match for platform in manifest: not found')],
    ['image-platform', ended(1, 'Error', 'exec /usr/local/bin/node: exec format error')],
    ['scaling-up', unschedulable('0/3 nodes are available: 3 Insufficient cpu.')],
    [
      'cannot-fit',
      unschedulable('0/3 nodes are available'),
      event('NotTriggerScaleUp', "pod didn't trigger scale-up: 1 Insufficient memory"),
    ],
    [
      'stockout',
      unschedulable('0/3 nodes are available'),
      event('FailedScaleUp', 'Node scale up in zones us-west1-a failed: GCE out of resources'),
    ],
    [
      'quota',
      unschedulable('0/3 nodes are available'),
      event('FailedScaleUp', 'failed: GCE quota exceeded'),
    ],
    ['config', waiting('CreateContainerConfigError', 'secret "demo-files" not found')],
    ['config', ended(128, 'StartError', 'exec: "nod": executable file not found in $PATH')],
    ['bad-config', ended(64, 'Error', 'line\nTASKQUEUE_PATH is not set.')],
    ['bad-config', ended(65, 'Error', '100 runs failed in a row')],
    ['crash', ended(1, 'Error', 'the store does not answer')],
    ['crash', ended(69, 'Error', '')],
    ['oom', ended(137, 'OOMKilled', '')],
    [
      'disk',
      {
        phase: 'Failed',
        reason: 'Evicted',
        message: 'Pod ephemeral local storage usage exceeds the total limit',
      },
    ],
    ['preempted', disrupted('PreemptionByScheduler')],
    ['preempted', disrupted('TerminationByKubelet')],
    ['node-lost', disrupted('DeletionByTaintManager')],
  ] as readonly [CauseName, object, KubeEvent?][])('is found to be %s', (cause, status, seen) => {
    const events = seen === undefined ? [] : [seen]
    const found = findCauses([pod(status)], events)
    expect(found).toMatchObject([{ cause, count: 1, first: 'demo-0' }])
  })

  test('is counted over all pods, most first, with the last line that a worker wrote', () => {
    const pods = [
      pod(ended(1, 'Error', 'one\nboom')),
      pod(ended(1, 'Error', 'x')),
      pod(ended(137, 'OOMKilled', '')),
    ]
    expect(findCauses(pods, [])).toMatchObject([
      { cause: 'crash', count: 2, says: 'boom' },
      { cause: 'oom', count: 1 },
    ])
  })

  test('is what the autoscaler said last: a failure is over once it tries again', () => {
    const said = (reason: string, minute: number) => ({
      ...event(reason, `${reason} it is`),
      lastTimestamp: `2026-11-21T00:0${minute}:00Z`,
    })
    const pods = [pod(unschedulable('0/3 nodes are available'))]
    const tried = [said('TriggeredScaleUp', 2), said('FailedScaleUp', 1)]
    expect(findCauses(pods, tried)).toMatchObject([{ cause: 'scaling-up' }])
    const failed = [said('FailedScaleUp', 3), ...tried]
    expect(findCauses(pods, failed)).toMatchObject([{ cause: 'stockout' }])
  })

  test('is nothing for pods that run, have just begun, or were started again and run', () => {
    const again = {
      phase: 'Running',
      containerStatuses: [{ state: { running: {} }, lastState: { terminated: { exitCode: 1 } } }],
    }
    expect(
      findCauses([pod({ phase: 'Running' }), pod({ phase: 'Pending' }), pod(again)], []),
    ).toEqual([])
  })

  test('each has a fix in words', () => {
    for (const { meaning, fix } of Object.values(causes)) {
      expect(meaning.length).toBeGreaterThan(10)
      expect(fix).toMatch(/[.)a-z]$/)
    }
  })

  test.each([
    ['06-fail-exit-64', 'bad-config'],
    ['06-fail-image-pull', 'image-missing'],
    ['06-fail-unschedulable', 'scaling-up'],
    ['06-fail-quota', 'quota'],
    ['06-fail-pod-security', 'rejected'],
  ] as const)('is found in what a real server said of %s', (name, cause) => {
    const { pods, events } = recorded(name)
    if (pods === undefined) return
    expect(findCauses(pods, events ?? []).map(each => each.cause)).toContain(cause)
  })

  test('an evicted pod of a real server was preempted, not failed', () => {
    const path = recordedPath('05-watch')
    if (!existsSync(path)) return
    const watched = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))[2]
    const objects = (watched.response.body as { object: unknown }[]).map(each =>
      podShape.parse(each.object),
    )
    const evicted = objects.filter(each =>
      each.status.conditions.some(({ type }) => type === 'DisruptionTarget'),
    )
    expect(evicted.length).toBeGreaterThan(0)
    for (const each of evicted)
      expect(findCauses([each], [])).toMatchObject([{ cause: 'preempted' }])
  })
})

test('a worker that is leaving is not counted beside the one that takes its place', () => {
  const running = { phase: 'Running', containerStatuses: [{ state: { running: {} } }] }
  const leaving = pod(running)
  leaving.metadata.deletionTimestamp = '2026-11-21T00:00:00Z'
  expect(fleetState(undefined, 1, [leaving, pod(running)], [])).toMatchObject({
    running: 1,
    wanted: 1,
  })
})

describe('patience', () => {
  const found = (cause: CauseName) => [{ cause, count: 1, first: 'demo-0', says: '' }]

  test('gives an image three minutes, and a stockout five', () => {
    for (const [cause, seconds] of [
      ['image-missing', 180],
      ['stockout', 300],
    ] as const) {
      const since = remember(new Map(), found(cause), 0)
      expect(finalFinding(since, found(cause), 0, seconds * 1000 - 1)).toBeUndefined()
      expect(finalFinding(since, found(cause), 0, seconds * 1000)).toMatchObject({ cause })
    }
  })

  test('ends at once for what waiting cannot mend, and never for machines that are on their way', () => {
    expect(finalFinding(new Map(), found('bad-config'), 0, 0)).toMatchObject({
      cause: 'bad-config',
    })
    expect(finalFinding(new Map([['scaling-up', 0]]), found('scaling-up'), 0, 1e9)).toBeUndefined()
  })

  test('has no end while any worker runs, and begins anew when a cause went away meanwhile', () => {
    const since = new Map([['image-missing', 0]] as const)
    expect(finalFinding(since, found('image-missing'), 1, 1e9)).toBeUndefined()
    const gone = remember(since, [], 1000)
    expect(remember(gone, found('image-missing'), 5000).get('image-missing')).toBe(5000)
  })
})

describe('the cost so far', () => {
  test('is the cluster since it was made and each machine since its first pod', () => {
    const hour = 3_600_000
    const now = 10 * hour
    const started = (node: string, hours: number, phase = 'Running') =>
      pod({ phase, startTime: new Date(now - hours * hour).toISOString() }, { nodeName: node })
    const pods = [
      started('a', 2),
      started('a', 1),
      started('b', 1),
      started('gone', 3, 'Failed'),
      pod({ phase: 'Pending' }),
    ]
    const prices = {
      ofMachine: () => ({ perHour: 1, surety: 'known' as const }),
      idlePerHour: 0.5,
    }
    const cost = costOf(pods, new Map(), prices, now - 4 * hour, now)
    expect(cost).toEqual({
      ...{ machines: 2, perHour: 2.5, surety: 'known' },
      soFar: 4 * 0.5 + 2 + 1 + 3,
    })
  })

  test.each<['spot' | 'on-demand' | 'spot-then-on-demand', string, number, string]>([
    ['spot-then-on-demand', 'e2-standard-4 spot', 0.0402, 'known'],
    ['spot-then-on-demand', 'e2-standard-4', 0.134, 'known'],
    ['spot-then-on-demand', '', 0.0402, 'at least'],
    ['spot', '', 0.0402, 'known'],
    ['on-demand', '', 0.134, 'known'],
    ['spot', 'n2-standard-8 spot', 0.094, 'known'],
    ['spot', 'x9-standard-4 spot', 0, 'at least'],
  ])(
    'a machine of a fleet of %s that is "%s" costs %d an hour, which is %s',
    (provided, kind, perHour, surety) => {
      const [name = '', spot] = kind.split(' ')
      const planned = findMachine('e2-standard-4')
      if (planned === undefined) throw new Error('no such machine')
      const node = kind === '' ? undefined : { machine: name, spot: spot !== undefined }
      expect(pricesOf(planned, provided)(node)).toEqual({ perHour, surety })
    },
  )
})

function pod(status: object, spec: object = {}): Pod {
  return podShape.parse({ metadata: { name: 'demo-0' }, spec, status })
}

function waiting(reason: string, message: string) {
  return { phase: 'Pending', containerStatuses: [{ state: { waiting: { reason, message } } }] }
}

function ended(exitCode: number, reason: string, message: string) {
  return {
    phase: 'Failed',
    containerStatuses: [{ state: { terminated: { exitCode, reason, message } } }],
  }
}

function unschedulable(message: string) {
  return {
    phase: 'Pending',
    conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
  }
}

function disrupted(reason: string) {
  return {
    phase: 'Failed',
    conditions: [{ type: 'DisruptionTarget', status: 'True', reason, message: '' }],
  }
}

function event(reason: string, message: string): KubeEvent {
  return eventShape.parse({
    metadata: { name: 'e' },
    reason,
    message,
    involvedObject: { kind: 'Pod', name: 'demo-0' },
  })
}

function recordedPath(name: string): string {
  return join(ROOT, `../shared/fixtures/kubernetes/${name}.ndjson`)
}

/** The last pods and all events of a recorded scenario; nothing where the recordings are not here. */
function recorded(name: string) {
  if (!existsSync(recordedPath(name))) return {}
  const lines = readFileSync(recordedPath(name), 'utf8').trim().split('\n')
  const bodies = lines.map(line => at(JSON.parse(line), 'response', 'body'))
  const items = (kind: string) =>
    bodies.filter(body => at(body, 'kind') === kind).flatMap(body => at(body, 'items') as unknown[])
  return {
    pods: items('PodList').map(each => podShape.parse(each)),
    events: items('EventList').map(each => eventShape.parse(each)),
  }
}
