import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { KubeConfig } from '@kubernetes/client-node'
import { objectOf, textOf } from './api.ts'

type User = NonNullable<ReturnType<KubeConfig['getCurrentUser']>>

/**
 * What to do where a cluster does not take the credentials of a kubeconfig, by how its user signs in;
 * `now` in milliseconds since 1970.
 */
export function signInAdvice(path: string, config: KubeConfig, now: number): string {
  const user = config.getCurrentUser()
  const ways =
    user === null ? undefined : (byProgram(user) ?? byCertificate(user, now) ?? byToken(user, now))
  if (user !== null && ways !== undefined) return `The user ${user.name} of ${path} ${ways}`
  return `The context ${config.getCurrentContext()} of ${path} has no credentials: give its user some.`
}

/** The program by which a user signs in, as the kubeconfig names it; its arguments may hold secrets. */
export function programOf(user: User): string | undefined {
  const exec = objectOf(user.exec ?? objectOf(user.authProvider?.config)['exec'])
  return textOf(exec['command']) || undefined
}

function byProgram(user: User): string | undefined {
  const program = programOf(user)
  if (program !== undefined) {
    return `signs in by the program ${program}, whose answer is not taken: sign in anew with the tool it belongs to${SIGN_INS.get(baseOf(program)) ?? ''}.`
  }
  const provider = user.authProvider?.name
  return provider && `signs in by the provider ${provider}: sign in anew there.`
}

/** How some tools sign in. */
const SIGN_INS = new Map([
  ['gke-gcloud-auth-plugin', ': gcloud auth login'],
  ['aws', ': aws sso login, or other credentials'],
  ['aws-iam-authenticator', ': aws sso login, or other credentials'],
  ['kubelogin', ': az login'],
])

function baseOf(program: string): string {
  return program.split(/[/\\]/).at(-1) ?? program
}

function byCertificate(user: User, now: number): string | undefined {
  const end = certificateEnd(user)
  if (end === undefined) return undefined
  const day = end.toISOString().slice(0, 10)
  return end.getTime() < now
    ? `signs in by a client certificate that ended on ${day}: have a new one made.`
    : `signs in by a client certificate (good until ${day}) which this cluster does not take: is it of another one, or was the cluster made anew?`
}

function certificateEnd({ certData, certFile }: User): Date | undefined {
  try {
    if (certData) return new Date(new X509Certificate(Buffer.from(certData, 'base64')).validTo)
    if (certFile) return new Date(new X509Certificate(readFileSync(certFile)).validTo)
  } catch {
    // What cannot be read says nothing of its end; that it does not work is told already.
  }
  return undefined
}

function byToken({ token, username }: User, now: number): string | undefined {
  if (token) {
    const end = tokenEnd(token)
    const ended = end !== undefined && end.getTime() < now
    return ended
      ? `signs in by a token that ended at ${end.toISOString()}: put a new one there.`
      : 'signs in by a token that is not taken: put a new one there.'
  }
  return username && 'signs in by a password, which clusters no longer take.'
}

/** When a token says that it ends; most are JWTs, whose middle part says so. */
function tokenEnd(token: string): Date | undefined {
  try {
    const middle = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
    const seconds = objectOf(JSON.parse(middle))['exp']
    return typeof seconds === 'number' ? new Date(seconds * 1000) : undefined
  } catch {
    return undefined
  }
}
