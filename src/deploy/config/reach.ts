import { parseAddress } from 'taskq-runtime/cli'
import { type Configuration, placeOf } from './read.ts'

/** What task.env names that no pod can reach: queues, outputs and services of this machine. */
export function reachProblems(configuration: Configuration): readonly string[] {
  return [
    ...queueProblems(configuration),
    ...serviceProblems(configuration),
    ...storageProblems(configuration),
  ]
}

/** Queues that live on this machine, which no pod can see, and what to use instead. */
const LOCAL_SCHEMES: Readonly<Record<string, string>> = {
  sqlite: 'a file of this machine',
  memory: 'the memory of one process',
  fq: 'a folder of this machine',
  file: 'a folder of this machine',
}

const INSTEAD =
  'Use a queue that pods can reach, such as TASKQUEUE_PATH=pubsub://my-project/my-topic or an sqs: queue, and insert the tasks there.'

function queueProblems({ task }: Configuration): readonly string[] {
  const name = task.values.get('TASKQUEUE_PATH') ?? ''
  if (name === '') return [`${task.path}: TASKQUEUE_PATH is not set. ${INSTEAD}`]
  const where = `${placeOf(task, 'TASKQUEUE_PATH')}: TASKQUEUE_PATH=${name}`
  const { scheme, rest } = parseAddress(name)
  const local = LOCAL_SCHEMES[scheme]
  if (local !== undefined)
    return [`${where} is ${local}: workers on a cluster cannot see it. ${INSTEAD}`]
  if (isHere(decoded(rest))) {
    return [`${where} is on this machine: workers on a cluster cannot reach it. ${INSTEAD}`]
  }
  return []
}

function storageProblems({ task }: Configuration): readonly string[] {
  const path = task.values.get('CF_CLOUDPATH') ?? ''
  const isFolder = path.startsWith('file:') || !/^[a-z][a-z0-9+.-]+:/i.test(path)
  if (path === '' || !isFolder) return []
  return [
    `${placeOf(task, 'CF_CLOUDPATH')}: CF_CLOUDPATH=${path} is a folder in the pod, which goes with it. Use a bucket, such as CF_CLOUDPATH=gs://my-bucket/my-job`,
  ]
}

/** Variables by which clients of a cloud are led elsewhere, as to an emulator. */
const ENDPOINTS = /^(AWS_ENDPOINT_URL(_[A-Z0-9_]+)?|[A-Z_]+_EMULATOR_HOST)$/

function serviceProblems({ task }: Configuration): readonly string[] {
  return [...task.values].flatMap(([name, value]) => {
    if (!ENDPOINTS.test(name) || !isHere(value.includes('//') ? value : `//${value}`)) return []
    return [
      `${placeOf(task, name)}: ${name}=${value} is on this machine: workers on a cluster cannot reach it. Leave the line out for a cluster.`,
    ]
  })
}

/** Whether an address is one of the machine that asks, which is another one in a pod. */
function isHere(address: string): boolean {
  return /\/\/([^/@]*@)?(localhost|127\.|0\.0\.0\.0|\[::1\]|host\.docker\.internal)/i.test(address)
}

/** An endpoint within a URL may be written with its signs escaped. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
