import { openGoogleAuth } from '../../config/google-auth.ts'
import { isPassingAuthFault } from '../../config/google-fault.ts'
import { TaskqError } from '../../queue/errors.ts'
import type { Place } from './address.ts'

/** Where Pub/Sub is asked, and who asks. */
export interface Endpoint {
  /** `https://pubsub.googleapis.com`, or an emulator's. */
  readonly origin: string
  /** The service behind it: all regions are one, and an emulator is another. */
  readonly service: string
  /** The header that proves who asks; asked for at every call, because tokens end after an hour. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>
  /** Whether a refused call names the leases that were refused; the emulator keeps that to itself. */
  readonly namesRefused: boolean
  /** The longest that a subscription can be told to keep what nobody took; the emulator knows less. */
  readonly mostDays: number
  /** How long an answer may take. */
  readonly answerMilliseconds: number
}

const answerMilliseconds = 15_000
const scope = 'https://www.googleapis.com/auth/pubsub'

/** The service, with the credentials that Google's own tools use; or the emulator, which needs none. */
export async function findEndpoint(
  { project, region }: Pick<Place, 'project' | 'region'>,
  env: NodeJS.ProcessEnv,
): Promise<Endpoint> {
  const emulator = env['PUBSUB_EMULATOR_HOST'] ?? ''
  if (emulator !== '') {
    const origin = /^https?:\/\//.test(emulator)
      ? emulator.replace(/\/$/, '')
      : `http://${emulator}`
    return {
      origin,
      service: origin,
      headers: () => Promise.resolve({}),
      namesRefused: false,
      mostDays: 7,
      answerMilliseconds,
    }
  }
  // The project is known: without it, it would be looked up at a service that few may ask.
  const auth = await openGoogleAuth({ scopes: scope, projectId: project })
  const host = `${region === undefined ? '' : `${region}-`}pubsub.googleapis.com`
  const origin = `https://${host}`
  return {
    origin,
    service: 'pubsub.googleapis.com',
    async headers() {
      try {
        return Object.fromEntries(await auth.getRequestHeaders(origin))
      } catch (cause) {
        throw translateAuth(cause, project)
      }
    },
    namesRefused: true,
    mostDays: 31,
    answerMilliseconds,
  }
}

/** A fault on the way to a token: nobody is logged in, or nobody answered. */
function translateAuth(cause: unknown, project: string): TaskqError {
  const said = cause instanceof Error ? cause.message : String(cause)
  if (isPassingAuthFault(cause))
    return new TaskqError(
      'unavailable',
      `Google's servers gave no token for project ${project}: ${said}. Try again; look at the network if that does not help.`,
      { cause },
    )
  return new TaskqError(
    'invalid',
    `There are no Google credentials that work for project ${project}: ${said.split('. ', 1)[0]}. Log in by: gcloud auth application-default login; or name a key file in GOOGLE_APPLICATION_CREDENTIALS; on GKE bind the pod's service account (Workload Identity).`,
    { cause },
  )
}
