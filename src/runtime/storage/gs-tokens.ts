import { openGoogleAuth } from '../config/google-auth.ts'
import { isPassingAuthFault } from '../config/google-fault.ts'
import { TaskqError } from '../queue/errors.ts'
import { readSecret } from './secrets.ts'
import type { StoreOptions } from './store.ts'

const scopes = ['https://www.googleapis.com/auth/devstorage.read_write']

/** Gives a token whenever one is needed; a fault is one of ours. */
export type Tokens = () => Promise<string | undefined>

/** Tokens by a CloudFiles secret file where there is one, else by Google's own chain. */
export async function tokensOf(
  bucket: string,
  env: StoreOptions['env'] & object,
  url: string,
): Promise<Tokens> {
  const secret = readSecret('google-secret.json', bucket, env)
  const authClient = secret && (await clientOf(secret))
  const auth = await openGoogleAuth({ scopes, ...(authClient && { authClient }) })
  return async () => {
    try {
      return (await auth.getAccessToken()) ?? undefined
    } catch (cause) {
      throw translateAuth(cause, url, secret?.path)
    }
  }
}

/** Of the kinds of credentials there are only those that name no address to ask: a file may be foreign. */
async function clientOf({ path, values }: NonNullable<ReturnType<typeof readSecret>>) {
  const { JWT, UserRefreshClient } = await import('google-auth-library')
  const client =
    values['type'] === 'authorized_user' ? new UserRefreshClient() : new JWT({ scopes })
  try {
    client.fromJSON(values)
    return client
  } catch (cause) {
    throw new TaskqError(
      'invalid',
      `The credentials in ${path} cannot be used: they are no key of a service account. Make one by: gcloud iam service-accounts keys create; or take the file away to use those of gcloud auth application-default login.`,
      { cause },
    )
  }
}

function translateAuth(cause: unknown, url: string, path: string | undefined): TaskqError {
  const said = cause instanceof Error ? cause.message.split('. ', 1)[0] : String(cause)
  if (isPassingAuthFault(cause))
    return new TaskqError('unavailable', `Google gave no token for ${url}: ${said}. Try again.`, {
      cause,
    })
  return new TaskqError(
    'invalid',
    path === undefined
      ? `No Google credentials for ${url}. Run: gcloud auth application-default login; or put google-secret.json into ~/.cloudvolume/secrets or the folder in CF_SECRETS_PATH.`
      : `The credentials in ${path} do not work for ${url}: ${said}. Mend the file, or take it away to use those of gcloud auth application-default login.`,
    { cause },
  )
}
