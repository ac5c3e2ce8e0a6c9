import { z } from 'zod'

const labels = z.record(z.string(), z.string()).default({})
const metadata = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  labels,
})

const container = z.looseObject({
  name: z.string(),
  image: z.string(),
  envFrom: z
    .array(z.looseObject({ configMapRef: z.looseObject({ name: z.string() }).optional() }))
    .default([]),
  resources: z
    .looseObject({
      requests: z.record(z.string(), z.string()).default({}),
      limits: z.record(z.string(), z.string()).default({}),
    })
    .prefault({}),
  securityContext: z
    .looseObject({
      allowPrivilegeEscalation: z.boolean().optional(),
      privileged: z.boolean().optional(),
      capabilities: z.looseObject({ drop: z.array(z.string()).default([]) }).optional(),
    })
    .prefault({}),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).default([]),
})

const template = z.looseObject({
  metadata: z.looseObject({ labels }).prefault({}),
  spec: z.looseObject({
    restartPolicy: z.string().optional(),
    terminationGracePeriodSeconds: z.number().optional(),
    hostNetwork: z.boolean().optional(),
    hostPID: z.boolean().optional(),
    securityContext: z
      .looseObject({
        runAsNonRoot: z.boolean().optional(),
        runAsUser: z.number().optional(),
        seccompProfile: z.looseObject({ type: z.string() }).optional(),
      })
      .prefault({}),
    initContainers: z.array(container).default([]),
    containers: z.array(container),
    volumes: z
      .array(z.looseObject({ name: z.string(), hostPath: z.unknown().optional() }))
      .default([]),
  }),
})

/** A part of an object: what our rules look at, with the rest left as it is. */
export const anyObject = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata })
export const jobObject = anyObject.extend({
  spec: z.looseObject({
    completionMode: z.string().optional(),
    completions: z.number().optional(),
    parallelism: z.number().optional(),
    podFailurePolicy: z.unknown().optional(),
    template,
  }),
})
export const deploymentObject = anyObject.extend({
  spec: z.looseObject({
    replicas: z.number().optional(),
    selector: z.looseObject({ matchLabels: labels }).prefault({}),
    template,
  }),
})

/** Each of these once it was checked. */
export type AnyObject = z.infer<typeof anyObject>
export type JobObject = z.infer<typeof jobObject>
export type DeploymentObject = z.infer<typeof deploymentObject>
export type PodTemplate = z.infer<typeof template>
