import { TaskqError } from 'taskq-runtime'

/** The error for a server that could not be asked, with what to do about the kind of fault it is. */
export function unreachable(server: string, cause: unknown): TaskqError {
  if (cause instanceof TaskqError) return cause
  const inner = innermost(cause)
  const says = (inner instanceof Error ? inner.message : String(inner)).replace(/\.$/, '')
  if (inner instanceof Error && inner.name === 'TimeoutError') {
    return notAnswering(server, 'it takes requests and says nothing', cause)
  }
  const code = codeOf(inner)
  if (code === 'CERT_NOT_YET_VALID' || code === 'CERT_HAS_EXPIRED') {
    const advice = `Set the clock of this machine, which says ${new Date().toISOString()}; where that is right, the certificate must be renewed.`
    return new TaskqError(
      'invalid',
      `The certificate of ${server} does not hold: ${says}. ${advice}`,
      {
        cause,
      },
    )
  }
  if (/^(CERT_|ERR_TLS_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/.test(code)) {
    const advice =
      'Something else answers there: a proxy that reads along, or another cluster under an old address. Check HTTPS_PROXY, and the certificate authority of a kubeconfig.'
    return new TaskqError(
      'invalid',
      `The certificate of ${server} is not the one that was expected: ${says}. ${advice}`,
      { cause },
    )
  }
  return notAnswering(server, says, cause)
}

/** Whether a connection was refused or broke off, which may be over in a moment. */
export function isLostConnection(error: unknown): boolean {
  const inner = innermost(error)
  return (
    /^(ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|EAI_AGAIN|UND_ERR_SOCKET|UND_ERR_CONNECT_TIMEOUT)$/.test(
      codeOf(inner),
    ) ||
    (inner instanceof TypeError && inner.message === 'terminated')
  )
}

function notAnswering(server: string, why: string, cause: unknown): TaskqError {
  return new TaskqError(
    'unavailable',
    `The cluster at ${server} does not answer: ${why}. Check the network, then run the same command again.`,
    { cause },
  )
}

/** The client wraps what happened to a connection; with several addresses there is one error each. */
function innermost(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0])
  return error instanceof Error && error.cause instanceof Error ? innermost(error.cause) : error
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? code : ''
}
