import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, type TestContext, test } from 'vitest'
import { ROOT } from '../../tools/workspaces.ts'
import { ownCertificate } from './certificate.ts'
import { FakeKube } from './kube/server.ts'
import { at, textAt } from './kube/store.ts'

/** Exchanges recorded from a real API server lie beside the repository; they are no part of it. */
const RECORDED = join(ROOT, '../shared/fixtures/kubernetes')

/** Scenarios that the fake must answer as the real server did, and the steps it cannot, with the reason. */
const SCENARIOS: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  '01-apply': {},
  '02-strict-validation': {
    7: 'rules of Jobs are checked offline, not by the fake',
    8: 'the same',
    11: 'the same',
    12: 'the same',
    13: 'the same',
    14: 'the same',
  },
  '03-immutability': {
    22: 'two faults at once are told as one; the deployer never changes the mode',
    27: 'a Job that never started may change its node selector; we never do',
    28: 'follows from the step before',
  },
  '04-delete-job': {
    6: 'the deployer deletes no collections; the pods are dropped',
    24: 'the pods of the fake leave at once where a test does not hold them',
    29: 'the deployer deletes in the background; a Job of the fake is gone at once',
    30: 'the same',
    42: 'the deployer deletes nothing as a dry run',
    43: 'follows from the step before',
    44: 'the deployer sets no preconditions',
    45: 'the deployer deletes by name',
    46: 'follows from the step before',
  },
  '07-conflict': {
    14: 'the deployer puts nothing',
    16: 'the deployer sends no JSON patches',
  },
  '08-auth': {},
  '09-namespace-delete': {},
}

test.for(Object.keys(SCENARIOS))(
  'the fake answers %s as the real server did',
  async (name, context) => {
    const kube = await openRecorded(context, name)
    const left = SCENARIOS[name] ?? {}
    for (const { step, note, request, response } of exchanges(name)) {
      if (/orphan(s|ed pods)/.test(note)) dropPods(kube)
      if (/a fresh namespace/.test(note)) putNamespace(kube)
      if (left[step] !== undefined || isBeyond(name, step, request)) continue
      const answer = kube.requests.handle(
        request.method,
        new URL(request.path, 'http://fake'),
        request.contentType ?? '',
        request.body === undefined || request.body === null ? '' : JSON.stringify(request.body),
        userOf(request.as),
      )
      const where = `${name}, step ${step}: ${note}`
      expect(statusFor(request.as, answer.status), where).toBe(response.status)
      if (response.status < 400) {
        expect(answer.warning !== undefined, where).toBe(response.headers['warning'] !== undefined)
        if (/pods/.test(request.path))
          expect(countOf(answer.body), where).toBe(countOf(response.body))
        continue
      }
      if (response.status === 401) continue
      expect(textAt(answer.body, 'reason'), where).toBe(textAt(response.body, 'reason'))
      expect(plain(answer.body), where).toBe(plain(response.body))
    }
  },
)

interface Exchange {
  readonly step: number
  readonly note: string
  readonly request: {
    readonly method: string
    readonly path: string
    readonly contentType?: string
    readonly as?: string
    readonly body?: unknown
  }
  readonly response: {
    readonly status: number
    readonly headers: Record<string, string>
    readonly body?: unknown
  }
}

function exchanges(name: string): readonly Exchange[] {
  const text = readFileSync(join(RECORDED, `${name}.ndjson`), 'utf8')
  return text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
}

async function openRecorded(context: TestContext, name: string): Promise<FakeKube> {
  if (!existsSync(RECORDED)) context.skip('the recorded exchanges are not beside this repository')
  const kube = await new FakeKube(ownCertificate(context)).start()
  onTestFinished(() => kube.stop())
  // The recorder made the namespace where its making is not what is recorded.
  if (name !== '01-apply') putNamespace(kube)
  return kube
}

const NAMESPACE = '/api/v1/namespaces/taskq-demo'

/** What needs more of a server than the deployer uses. */
function isBeyond(
  name: string,
  step: number,
  { path, method, contentType }: Exchange['request'],
): boolean {
  if (/selfsubject|watch=|readyz/.test(path)) return true
  // Merge patches and POSTs under strict validation: the deployer applies.
  if (
    name.startsWith('02') &&
    (method === 'POST' ||
      contentType?.includes('merge') ||
      path.includes('fieldValidation=Warn') ||
      path.includes('fieldValidation=Ignore') ||
      step > 14)
  )
    return true
  return name.startsWith('09') && step === 14
}

function userOf(as: string | undefined): string {
  if (as === undefined || /admin/.test(as)) return 'admin'
  return as
}

/** The fake's transport answers 401 before a request is looked at. */
function statusFor(as: string | undefined, status: number): number {
  return as !== undefined && /nobody knows/.test(as) ? 401 : status
}

function countOf(list: unknown): unknown {
  const items = at(list, 'items')
  return Array.isArray(items) ? items.length : undefined
}

/** What a refusal says, without what differs from server to server. */
function plain(body: unknown): string {
  return textAt(body, 'message')
    .replace(/Invalid value: \{.*\}(?=: )/s, 'Invalid value')
    .replace(/User "[^"]*"/, 'User')
    .replace(/ in API group.*$| at the cluster scope.*$/, '')
    .replace(/(conflicts? with [^:\n]*):[\s\S]*$/, '$1')
}

function putNamespace(kube: FakeKube): void {
  kube.store.put(NAMESPACE, { kind: 'Namespace', metadata: { name: 'taskq-demo' } })
}

function dropPods(kube: FakeKube): void {
  for (const path of [...kube.store.objects.keys()])
    if (path.includes('/pods/')) kube.store.drop(path)
}
