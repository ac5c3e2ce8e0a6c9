import { objectOf, textOf } from '../kube/api.ts'

/** What a request to Google's REST APIs needs. */
export interface SignedRequests {
  request(options: { readonly url: string }): Promise<{ readonly data: unknown }>
}

/** Asks Compute Engine, below the project's own address; '' is the project itself. */
export async function askCompute(
  auth: SignedRequests,
  project: string,
  path: string,
): Promise<unknown> {
  const below = path === '' ? '' : `/${path}`
  return (await auth.request({ url: `${COMPUTE}/projects/${project}${below}` })).data
}

/** All pages of a list of Compute Engine, each as it was answered; without a filter all there is. */
export async function listCompute(
  auth: SignedRequests,
  project: string,
  path: string,
  filter?: string,
): Promise<readonly unknown[]> {
  const pages: unknown[] = []
  let pageToken = ''
  do {
    const query = new URLSearchParams({
      ...(filter !== undefined && { filter }),
      ...(pageToken !== '' && { pageToken }),
    }).toString()
    const page = await askCompute(auth, project, query === '' ? path : `${path}?${query}`)
    pages.push(page)
    // A page may be empty and not the last: only the token tells.
    pageToken = textOf(objectOf(page)['nextPageToken'])
  } while (pageToken !== '')
  return pages
}

const COMPUTE = 'https://compute.googleapis.com/compute/v1'
