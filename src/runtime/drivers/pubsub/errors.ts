import { TaskqError } from '../../queue/errors.ts'
import { type Place, urlOf } from './address.ts'
import type { Call, Refusal } from './rest.ts'

/** Which role lets one do what, by the last word of a call's path. */
const roles: Readonly<Record<string, string>> = {
  publish: 'roles/pubsub.publisher on the topic',
  pull: 'roles/pubsub.subscriber on the subscription',
  acknowledge: 'roles/pubsub.subscriber on the subscription',
  modifyAckDeadline: 'roles/pubsub.subscriber on the subscription',
  seek: 'roles/pubsub.subscriber on the subscription',
}

/** A refusal of the service as a sentence: what happened, on what, and what to do next. */
export function translate(refusal: Refusal, call: Call, place: Place, home: string): TaskqError {
  const code = refusal.httpStatus === 501 ? 'unsupported' : 'invalid'
  return new TaskqError(code, sentence(refusal, call, place, home), { cause: refusal })
}

function sentence(
  { httpStatus, said, reason }: Refusal,
  call: Call,
  place: Place,
  home: string,
): string {
  const { project } = place
  const url = urlOf(place)
  const verb = /:(\w+)$/.exec(call.path)?.[1]
  const what = call.path.includes('/topics/')
    ? `topic ${place.topic}`
    : `subscription ${place.subscription}`
  if (reason === 'SERVICE_DISABLED')
    return `Pub/Sub is not switched on in project ${project}. Run: gcloud services enable pubsub.googleapis.com --project ${project}`
  if (httpStatus === 401)
    return `${url}: Google does not accept these credentials: ${said}. Log in again by: gcloud auth application-default login`
  if (httpStatus === 403) {
    const role = verb === undefined ? rolesWithoutVerb[call.method] : roles[verb]
    return `${url}: these credentials may not ${verb ?? call.method.toLowerCase()} ${what} of project ${project}. Grant them ${role ?? 'roles/pubsub.editor in the project'}. (${said})`
  }
  if (httpStatus === 404)
    return `There is no ${what} in project ${project}. Check the name, or make it by: taskq create-queue '${home}'`
  return `${url}: Pub/Sub refused to ${verb ?? call.method.toLowerCase()} ${what}: ${said}.`
}

const rolesWithoutVerb: Readonly<Record<Call['method'], string>> = {
  GET: 'roles/pubsub.viewer in the project',
  PUT: 'roles/pubsub.editor in the project',
  POST: 'roles/pubsub.editor in the project',
  DELETE: 'roles/pubsub.editor in the project',
}
