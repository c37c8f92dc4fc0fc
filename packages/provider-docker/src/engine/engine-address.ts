import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dockerConfigFolder } from '@moorage/core/provider'
import type { EngineTarget, TlsOptions } from './engine-request-options.ts'
import { callEngine, type CallEngine } from './call-engine.ts'

/** One engine, resolved once: every call of a run goes through it. */
export interface Engine {
  /** Its address, as in `DOCKER_HOST`. */
  readonly host: string
  /** Undefined for an address of a kind that is not supported, such as `ssh://`. */
  readonly target: EngineTarget | undefined
  readonly call: CallEngine
}

// Source of the ports: docker/cli, "Protect the Docker daemon socket".
const PORT = 2375
const TLS_PORT = 2376

/** The engine at an address. With `tls` a TCP address is dialled by HTTPS. */
export function engineAt(host: string, tls?: TlsOptions): Engine {
  const target = parseTarget(host, tls)
  return { host, target, call: (request) => callEngine(target, request) }
}

function parseTarget(host: string, tls: TlsOptions | undefined): EngineTarget | undefined {
  const [, protocol, rest = ''] = host.match(/^(unix|npipe|tcp|http|https):\/\/(.+)$/) ?? []
  if (protocol === 'unix' || protocol === 'npipe') return { protocol: 'http', socketPath: rest }
  if (!protocol || !URL.canParse(`http://${rest}`)) return undefined
  const { hostname, port } = new URL(`http://${rest}`)
  const address = { host: hostname.replace(/^\[(.*)\]$/, '$1') }
  return tls || protocol === 'https'
    ? { protocol: 'https', ...address, port: Number(port || TLS_PORT), ...tls }
    : { protocol: 'http', ...address, port: Number(port || PORT) }
}

/**
 * TLS as the environment asks for it, for addresses that are not those of a Docker context. Source: docker/cli,
 * "Protect the Docker daemon socket": any value of DOCKER_TLS_VERIFY turns it on, and DOCKER_CERT_PATH defaults to the
 * folder of Docker's own config.
 */
export function environmentTls(env: NodeJS.ProcessEnv): TlsOptions | undefined {
  return env['DOCKER_TLS_VERIFY'] ? readCertificates(env['DOCKER_CERT_PATH'] || dockerConfigFolder(env)) : undefined
}

/** The certificates in a folder. Source of the names: docker/cli, "Protect the Docker daemon socket". */
export function readCertificates(folder: string): TlsOptions {
  return Object.fromEntries(
    (['ca', 'cert', 'key'] as const)
      .map((name) => [name, join(folder, `${name}.pem`)] as const)
      .filter(([, path]) => existsSync(path))
      .map(([name, path]) => [name, readFileSync(path)]),
  )
}
