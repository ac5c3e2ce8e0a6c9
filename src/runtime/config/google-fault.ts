/** Whether another try may get a token: nobody answered, or whoever gives tokens is too busy. */
export function isPassingAuthFault(cause: unknown): boolean {
  const { code, status } = cause as { readonly code?: unknown; readonly status?: unknown }
  return (
    /^E(CONN|TIME|AI_AGAIN|NETUNREACH|HOSTUNREACH|NOTFOUND|PIPE)/.test(String(code)) ||
    (typeof status === 'number' && (status >= 500 || status === 429))
  )
}
