/** What a request to Google's REST APIs needs. */
export interface SignedRequests {
  request(options: { readonly url: string }): Promise<{ readonly data: unknown }>
}

/** Asks Compute Engine, below the project's own address. */
export async function askCompute(
  auth: SignedRequests,
  project: string,
  path: string,
): Promise<unknown> {
  return (await auth.request({ url: `${COMPUTE}/projects/${project}/${path}` })).data
}

const COMPUTE = 'https://compute.googleapis.com/compute/v1'
