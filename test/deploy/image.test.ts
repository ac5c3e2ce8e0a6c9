import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { buildCalls, usualBuilder } from '../../src/deploy/image/build.ts'
import { checkImage } from '../../src/deploy/image/check.ts'
import { parseImage } from '../../src/deploy/image/reference.ts'
import { lookUpImage } from '../../src/deploy/image/registry.ts'
import { openStage } from './world.ts'

describe("an image's name", () => {
  test.each([
    ['ubuntu', 'registry-1.docker.io', 'library/ubuntu', 'latest'],
    ['me/job:v1', 'registry-1.docker.io', 'me/job', 'v1'],
    ['localhost:5000/job', 'localhost:5000', 'job', 'latest'],
    ['us-west1-docker.pkg.dev/p/taskq/job:v2', 'us-west1-docker.pkg.dev', 'p/taskq/job', 'v2'],
  ])('%s is taken apart as docker does', (name, host, repository, tag) => {
    expect(parseImage(name)).toEqual({ host, repository, tag })
  })

  test('may have a digest beside its tag', () => {
    expect(parseImage('me/job:v1@sha256:ab')).toMatchObject({ tag: 'v1', digest: 'sha256:ab' })
  })
})

describe('who builds', () => {
  test("is Google for Google's registries and docker for others, each word an argument", () => {
    expect(usualBuilder('us-west1-docker.pkg.dev/p/taskq/job:v1')).toBe('cloud-build')
    expect(usualBuilder('me/job:v1')).toBe('buildx')
    expect(buildCalls('buildx', 'me/job:v1@sha256:ab', 'p')).toEqual([
      [
        'docker',
        'buildx',
        'build',
        '--platform',
        'linux/amd64',
        '--push',
        '--tag',
        'me/job:v1',
        '.',
      ],
    ])
    expect(buildCalls('docker', 'me/job:v1', 'p').at(-1)).toEqual(['docker', 'push', 'me/job:v1'])
    expect(buildCalls('cloud-build', 'x.pkg.dev/p/r/job:v1', 'p')[0]).toContain('--project')
  })
})

describe('a registry', () => {
  test('is asked for the digest and the platforms of an index, anonymously with its own token', async () => {
    const registry = await openRegistry()
    const digest = registry.put('job', 'v1', ['linux/amd64', 'linux/arm64', 'unknown/unknown'])
    const look = await lookUpImage(`${registry.host}/job:v1`, access())
    expect(look).toEqual({ kind: 'found', digest, platforms: ['linux/amd64', 'linux/arm64'] })
    expect(registry.tokens).toBe(1)
  })

  test('is asked for the platform of a single image', async () => {
    const registry = await openRegistry()
    registry.putSingle('job', 'v1', 'arm64')
    const look = await lookUpImage(`${registry.host}/job:v1`, access())
    expect(look).toMatchObject({ kind: 'found', platforms: ['linux/arm64'] })
    await expect(checkImage(`${registry.host}/job:v1`, access())).rejects.toThrow(
      /is for linux\/arm64 and not for linux\/amd64.+build-image/,
    )
  })

  test('that lacks an image is told from one that is away or says nothing', async () => {
    const registry = await openRegistry()
    await expect(checkImage(`${registry.host}/job:v9`, access())).rejects.toThrow(
      /There is no image .+job:v9/,
    )
    const away = await checkImage('127.0.0.1:9/job:v1', access())
    expect(away).toMatch(/could not be seen/)
  })
})

describe('build-image', () => {
  test('builds, pushes, and writes the digest into its line of cluster.env and nothing else', async context => {
    const stage = await openStage(context)
    const registry = await openRegistry()
    stage.set('TASK_DOCKER_IMAGE', `${registry.host}/demo:v1`)
    stage.write('Dockerfile', 'FROM scratch\n')
    const before = readFileSync(join(stage.folder, 'config/cluster.env'), 'utf8')
    const digest = registry.put('demo', 'v1', ['linux/amd64'])
    const calls = fakeDocker(stage.folder, 0)
    const ran = await stage.deploy('build-image', { fetch })
    expect(ran).toMatchObject({ code: 0, out: expect.stringContaining(`demo:v1@${digest}`) })
    expect(calls()).toEqual([
      `buildx build --platform linux/amd64 --push --tag ${registry.host}/demo:v1 .`,
    ])
    const after = readFileSync(join(stage.folder, 'config/cluster.env'), 'utf8')
    expect(after).toBe(before.replace('demo:v1', `demo:v1@${digest}`))
    // Once more: the digest of the new image takes the place of the old one.
    const next = registry.put('demo', 'v1', ['linux/amd64', 'linux/s390x'])
    await stage.deploy('build-image', { fetch })
    expect(readFileSync(join(stage.folder, 'config/cluster.env'), 'utf8')).toBe(
      before.replace('demo:v1', `demo:v1@${next}`),
    )
  })

  test('that fails, or has no Dockerfile or builder, ends with a sentence and changes nothing', async context => {
    const stage = await openStage(context)
    stage.set('TASK_DOCKER_IMAGE', 'me/demo:v1')
    expect(await stage.deploy('build-image')).toMatchObject({
      code: 64,
      err: expect.stringContaining('There is no Dockerfile'),
    })
    stage.write('Dockerfile', 'FROM scratch\n')
    expect(await stage.deploy('build-image --with podman')).toMatchObject({
      code: 64,
      err: expect.stringContaining('cloud-build, buildx, docker'),
    })
    fakeDocker(stage.folder, 17)
    const failed = await stage.deploy('build-image --with docker')
    expect(failed).toMatchObject({ code: 64, err: expect.stringContaining('docker ended with 17') })
    expect(readFileSync(join(stage.folder, 'config/cluster.env'), 'utf8')).toContain(
      'TASK_DOCKER_IMAGE=me/demo:v1\n',
    )
  })
})

test('an image that is not there or for another platform stops apply-task before anything is created', async context => {
  const stage = await openStage(context)
  const registry = await openRegistry()
  stage.set('TASK_DOCKER_IMAGE', `${registry.host}/demo:v1`)
  expect(await stage.deploy('apply-task', { fetch })).toMatchObject({
    code: 64,
    err: expect.stringContaining('There is no image'),
  })
  registry.put('demo', 'v1', ['linux/arm64'])
  expect(await stage.deploy('apply-task', { fetch })).toMatchObject({
    code: 64,
    err: expect.stringContaining('not for linux/amd64'),
  })
  expect(stage.kube.transcript).toEqual([])
})

function access() {
  return { fetch, googleToken: async () => 'good', signal: new AbortController().signal }
}

/** A registry of images on this machine that wants a token first, as Docker Hub does. */
async function openRegistry() {
  const content = new Map<string, string>()
  const state = { tokens: 0 }
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    if (path.startsWith('/token')) {
      state.tokens += 1
      response.end(JSON.stringify({ token: 'let-me-in' }))
    } else if (request.headers.authorization !== 'Bearer let-me-in') {
      const challenge = `Bearer realm="http://${request.headers.host}/token",service="here",scope="x"`
      response.writeHead(401, { 'www-authenticate': challenge }).end()
    } else {
      const found = content.get(path)
      if (found === undefined) response.writeHead(404).end()
      else response.writeHead(200, { 'docker-content-digest': digestOf(found) }).end(found)
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const keep = (path: string, value: object) => {
    const text = JSON.stringify(value)
    content.set(path, text)
    return digestOf(text)
  }
  return {
    host,
    get tokens() {
      return state.tokens
    },
    put: (name: string, tag: string, platforms: readonly string[]) =>
      keep(`/v2/${name}/manifests/${tag}`, {
        manifests: platforms.map(each => {
          const [os, architecture] = each.split('/')
          return { platform: { os, architecture } }
        }),
      }),
    putSingle(name: string, tag: string, architecture: string) {
      const digest = keep(`/v2/${name}/blobs/config`, { os: 'linux', architecture })
      content.set(`/v2/${name}/blobs/${digest}`, content.get(`/v2/${name}/blobs/config`) ?? '')
      return keep(`/v2/${name}/manifests/${tag}`, { config: { digest } })
    },
  }
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

/** A program of docker's name that writes down what it was told. */
function fakeDocker(folder: string, code: number): () => readonly string[] {
  const bin = join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  const log = join(folder, 'docker.log')
  writeFileSync(join(bin, 'docker'), `#!/bin/sh\necho "$@" >> '${log}'\nexit ${code}\n`)
  chmodSync(join(bin, 'docker'), 0o755)
  const before = process.env['PATH']
  process.env['PATH'] = `${bin}:${before}`
  onTestFinished(() => {
    process.env['PATH'] = before
  })
  return () => readFileSync(log, 'utf8').trim().split('\n')
}
