import { z } from 'zod'

const metadata = z.looseObject({
  name: z.string(),
  uid: z.string().default(''),
  resourceVersion: z.string().default(''),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
})

const condition = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(''),
  message: z.string().default(''),
})

const ended = z.looseObject({
  exitCode: z.number(),
  reason: z.string().default(''),
  message: z.string().default(''),
})

const state = z.looseObject({
  waiting: z
    .looseObject({ reason: z.string().default(''), message: z.string().default('') })
    .optional(),
  running: z.looseObject({ startedAt: z.string().nullish() }).optional(),
  terminated: ended.optional(),
})

/** A pod, as far as we look at it. */
export const podShape = z.looseObject({
  metadata,
  spec: z.looseObject({ nodeName: z.string().optional() }).prefault({}),
  status: z
    .looseObject({
      phase: z.string().default('Pending'),
      reason: z.string().default(''),
      message: z.string().default(''),
      startTime: z.string().nullish(),
      conditions: z.array(condition).default([]),
      containerStatuses: z
        .array(z.looseObject({ state: state.prefault({}), lastState: state.prefault({}) }))
        .default([]),
    })
    .prefault({}),
})

/** A Job, as far as we look at it. */
export const jobShape = z.looseObject({
  metadata,
  spec: z.looseObject({
    parallelism: z.number().default(1),
    completions: z.number().default(1),
    suspend: z.boolean().default(false),
  }),
  status: z
    .looseObject({
      active: z.number().default(0),
      succeeded: z.number().default(0),
      failed: z.number().default(0),
      conditions: z.array(condition).default([]),
    })
    .prefault({}),
})

/** A Deployment, as far as we look at it. */
export const deploymentShape = z.looseObject({
  metadata,
  spec: z.looseObject({ replicas: z.number().default(1) }),
})

/** An event, as far as we look at it. */
export const eventShape = z.looseObject({
  metadata,
  type: z.string().default('Normal'),
  reason: z.string().default(''),
  message: z
    .string()
    .nullish()
    .transform(message => message ?? ''),
  count: z.number().nullish(),
  involvedObject: z.looseObject({ kind: z.string().default(''), name: z.string().default('') }),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
})

/** What is read of each kind of object. */
export type Pod = z.infer<typeof podShape>
export type Job = z.infer<typeof jobShape>
export type Deployment = z.infer<typeof deploymentShape>
export type KubeEvent = z.infer<typeof eventShape>

/** A list as a server answers it. */
export const listShape = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string().default('') }),
  items: z.array(z.unknown()),
})
