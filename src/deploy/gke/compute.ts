import { gkeError } from './faults.ts'

/** What a request to Google's REST APIs needs. */
export interface SignedRequests {
  request(options: { readonly url: string }): Promise<{ readonly data: unknown }>
}

/** Asks Compute Engine, below the project's own address; `doing` is what failed when it does not answer. */
export async function askCompute(
  auth: SignedRequests,
  project: string,
  path: string,
  doing: string,
): Promise<unknown> {
  try {
    return (await auth.request({ url: `${COMPUTE}/projects/${project}/${path}` })).data
  } catch (error) {
    throw gkeError(error, doing, project)
  }
}

const COMPUTE = 'https://compute.googleapis.com/compute/v1'
