import type { Agent } from 'node:http'
import { BlockList, isIP } from 'node:net'
import type { KubeCluster } from './kubeconfig.ts'

/**
 * The proxy between this machine and an API server: the cluster's `proxy-url`, else HTTPS_PROXY or HTTP_PROXY unless
 * NO_PROXY or a loopback address excludes the server. Undefined where the connection is direct.
 *
 * Source: golang.org/x/net/http/httpproxy, which kubectl uses.
 */
export function findProxy(
  server: string,
  { 'proxy-url': own }: Partial<KubeCluster>,
  env: NodeJS.ProcessEnv,
): string | undefined {
  if (own) return own
  const url = new URL(server)
  const proxy =
    url.protocol === 'http:' ? env['HTTP_PROXY'] || env['http_proxy'] : env['HTTPS_PROXY'] || env['https_proxy']
  if (!proxy || isLoopback(url) || isExcluded(url, env['NO_PROXY'] || env['no_proxy'] || '')) return undefined
  return proxy.includes('://') ? proxy : `http://${proxy}`
}

/** An agent that connects through a proxy. Throws RangeError for a URL that is no proxy's. */
export async function createProxyAgent(proxy: string, server: string): Promise<Agent> {
  const { HttpProxyAgent, HttpsProxyAgent, SocksProxyAgent } = await import('../vendor/proxy-agents.ts')
  if (proxy.startsWith('socks')) return new SocksProxyAgent(proxy, { keepAlive: true })
  if (!/^https?:/.test(proxy))
    throw new RangeError(`the proxy ${hidePassword(proxy)} must begin with http://, https:// or socks5://`)
  const options = { proxy, keepAlive: true }
  return server.startsWith('http:') ? new HttpProxyAgent(options) : new HttpsProxyAgent(options)
}

function hidePassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//***@')
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '').toLowerCase()
}

function isLoopback(url: URL): boolean {
  const host = hostOf(url)
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** An entry of NO_PROXY is `*`, an address, a CIDR range, a domain with its subdomains, or `.domain` without itself. */
function isExcluded(url: URL, list: string): boolean {
  const host = hostOf(url)
  const port = url.port || (url.protocol === 'http:' ? '80' : '443')
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => {
      if (entry === '*') return true
      if (entry.includes('/')) return inRange(host, entry)
      const [, name = entry, entryPort] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? []
      if (entryPort !== undefined && entryPort !== port) return false
      const domain = name.replace(/^\*(?=\.)/, '').replace(/^\[|\]$/g, '')
      if (!domain) return false
      return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`)
    })
}

function inRange(host: string, range: string): boolean {
  const [address = '', bits] = range.split('/')
  const family = isIP(host)
  if (!family || isIP(address) !== family) return false
  try {
    const list = new BlockList()
    const type = family === 4 ? 'ipv4' : 'ipv6'
    list.addSubnet(address, Number(bits), type)
    return list.check(host, type)
  } catch {
    return false
  }
}
