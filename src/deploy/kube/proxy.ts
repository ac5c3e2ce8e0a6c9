import { BlockList, isIP } from 'node:net'

/** The proxy that the environment names for an address; `undefined`: it is asked directly. */
export function proxyFor(
  address: string,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (!URL.canParse(address)) return undefined
  const { protocol, hostname, port } = new URL(address)
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const named = (name: string) => env[name.toLowerCase()] || env[name]
  const proxy = named(protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY')
  if (!proxy || isOwnMachine(host)) return undefined
  const without = (named('NO_PROXY') ?? '').split(',').map(each => each.trim().toLowerCase())
  if (without.some(each => each !== '' && isMeant(each, host, port || '443'))) return undefined
  return proxy.includes('://') ? proxy : `http://${proxy}`
}

function isOwnMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

/** An entry of NO_PROXY: everything, a name with all below it, an address or a range of them. */
function isMeant(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true
  const [, range, bits] = /^(.+)\/(\d+)$/.exec(entry) ?? []
  if (range !== undefined) return isWithin(host, range, Number(bits))
  const [, name = entry, only] = /^([^:]+):(\d+)$/.exec(entry) ?? []
  if (only !== undefined && only !== port) return false
  const domain = name.replace(/^\*?\./, '')
  return host === domain || host.endsWith(`.${domain}`)
}

function isWithin(host: string, range: string, bits: number): boolean {
  const families = [isIP(host), isIP(range)]
  if (families[0] === 0 || families[0] !== families[1]) return false
  const family = families[0] === 6 ? 'ipv6' : 'ipv4'
  if (bits > (family === 'ipv6' ? 128 : 32)) return false
  const list = new BlockList()
  list.addSubnet(range, bits, family)
  return list.check(host, family)
}
