import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '@moorage/core/provider'
import { callEngine } from './http.ts'

export type EngineSearch =
  | { readonly ok: true; readonly host: string; readonly version: string }
  /** `configured`: the user gave the engine's address, so its silence is an error and not an absence. */
  | { readonly ok: false; readonly reason: string; readonly fix: string; readonly configured: boolean }

export interface EngineSource {
  /** The address in the config. */
  readonly host?: string
  readonly env: NodeJS.ProcessEnv
}

// The engine answers within about 2 ms.
const PING_TIMEOUT_MS = 5_000

/** The engine at the config's address, else at DOCKER_HOST, else of the Docker context, else at the first usual socket. */
export async function findEngine({ host, env }: EngineSource, signal?: AbortSignal): Promise<EngineSearch> {
  const configuredHost = host ?? (env['DOCKER_HOST'] || contextHost(env))
  if (configuredHost !== undefined)
    return await ping(configuredHost, { configured: true, ...(signal ? { signal } : {}) })
  let result: EngineSearch = {
    ok: false,
    configured: false,
    reason: 'no Docker socket',
    fix: 'start Docker, or set DOCKER_HOST to where its engine listens',
  }
  for (const path of usualSockets(env).filter((socket) => existsSync(socket))) {
    result = await ping(`unix://${path}`, { configured: false, ...(signal ? { signal } : {}) })
    if (result.ok) return result
  }
  return result
}

/** The sockets of Docker, rootless Docker, Docker Desktop, Colima and Podman. */
function usualSockets(env: NodeJS.ProcessEnv): readonly string[] {
  const runtimeFolder = env['XDG_RUNTIME_DIR'] ?? `/run/user/${String(process.getuid?.())}`
  const home = homedir()
  return [
    '/var/run/docker.sock',
    join(runtimeFolder, 'docker.sock'),
    join(home, '.docker/run/docker.sock'),
    join(home, '.docker/desktop/docker.sock'),
    join(home, '.colima/default/docker.sock'),
    join(runtimeFolder, 'podman/podman.sock'),
    '/run/podman/podman.sock',
  ]
}

/** The address in the current Docker context. Source: docker/cli, context store: a folder is the hash of its name. */
function contextHost(env: NodeJS.ProcessEnv): string | undefined {
  const folder = env['DOCKER_CONFIG'] ?? join(homedir(), '.docker')
  const name =
    env['DOCKER_CONTEXT'] ??
    (readJson(join(folder, 'config.json')) as { currentContext?: string } | undefined)?.currentContext
  if (!name || name === 'default') return undefined
  const id = createHash('sha256').update(name).digest('hex')
  const meta = readJson(join(folder, 'contexts', 'meta', id, 'meta.json')) as
    | { Endpoints?: { docker?: { Host?: string } } }
    | undefined
  return meta?.Endpoints?.docker?.Host
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

async function ping(
  host: string,
  { configured, signal }: { readonly configured: boolean; readonly signal?: AbortSignal },
): Promise<EngineSearch> {
  const failure = (detail: string): EngineSearch => ({
    ok: false,
    configured,
    reason: `no engine answers at ${host} (${detail})`,
    fix: 'start it, or correct DOCKER_HOST or the Docker context',
  })
  const timeout = AbortSignal.timeout(PING_TIMEOUT_MS)
  try {
    const { status, text } = await callEngine(host, {
      method: 'GET',
      path: '/version',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
    return status === 200 ? { ok: true, host, version: readVersion(text) } : failure(`it answered ${status}`)
  } catch (error) {
    return failure((error as NodeJS.ErrnoException).code ?? messageOf(error))
  }
}

function readVersion(body: string): string {
  try {
    return (JSON.parse(body) as { Version?: string }).Version ?? 'of unknown version'
  } catch {
    return 'of unknown version'
  }
}
