import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { homeFolder, isMoorageError, messageOf } from '@moorage/core/provider'
import { contextEngine } from './docker-context.ts'
import { engineAt, environmentTls, type Engine } from './engine-address.ts'

export type EngineSearch =
  | { readonly ok: true; readonly engine: Engine; readonly version: string; readonly isPodman: boolean }
  /** `configured`: the user gave the engine's address, so its silence is an error and not an absence. */
  | { readonly ok: false; readonly reason: string; readonly fix: string; readonly configured: boolean }

export interface EngineSource {
  /** The address in the config. */
  readonly host?: string
  readonly env: NodeJS.ProcessEnv
}

// The engine answers within about 2 ms.
const PING_TIMEOUT_MS = 5_000

/**
 * The engine at the config's address, else at DOCKER_HOST, else of the Docker context, else at the first usual socket.
 */
export async function findEngine({ host, env }: EngineSource, signal?: AbortSignal): Promise<EngineSearch> {
  const named = host ?? env['DOCKER_HOST']
  try {
    const configured = named ? engineAt(named, environmentTls(env)) : contextEngine(env)
    if (configured) return await ping(configured, { configured: true, ...(signal ? { signal } : {}) })
  } catch (error) {
    if (!isMoorageError(error)) throw error
    const { hint = '' } = error.details
    return { ok: false, configured: true, reason: messageOf(error).replace(/\.\n[^]*$|\.$/, ''), fix: hint }
  }
  let result: EngineSearch = {
    ok: false,
    configured: false,
    reason: 'no Docker socket',
    fix: 'start Docker, or set DOCKER_HOST to where its engine listens',
  }
  for (const path of usualSockets(env).filter((socket) => existsSync(socket))) {
    result = await ping(engineAt(`unix://${path}`), { configured: false, ...(signal ? { signal } : {}) })
    if (result.ok) return result
  }
  return result
}

/** The sockets of Docker, rootless Docker, Docker Desktop, Colima and Podman. */
function usualSockets(env: NodeJS.ProcessEnv): readonly string[] {
  const runtimeFolder = env['XDG_RUNTIME_DIR'] ?? `/run/user/${String(process.getuid?.())}`
  const home = homeFolder()
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

async function ping(
  engine: Engine,
  { configured, signal }: { readonly configured: boolean; readonly signal?: AbortSignal },
): Promise<EngineSearch> {
  const failure = (detail: string): EngineSearch => ({
    ok: false,
    configured,
    reason: `no engine answers at ${engine.host} (${detail})`,
    fix: 'start it, or correct DOCKER_HOST or the Docker context',
  })
  const timeout = AbortSignal.timeout(PING_TIMEOUT_MS)
  try {
    const { status, text } = await engine.call({
      method: 'GET',
      path: '/version',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
    return status === 200 ? { ok: true, engine, ...readVersion(text) } : failure(`it answered ${status}`)
  } catch (error) {
    return failure((error as NodeJS.ErrnoException).code ?? messageOf(error))
  }
}

/** Source: Docker Engine API, "Get version"; Podman names itself among the components. */
function readVersion(body: string): { readonly version: string; readonly isPodman: boolean } {
  try {
    const { Version, Components } = JSON.parse(body) as { Version?: string; Components?: readonly { Name: string }[] }
    return {
      version: Version ?? 'of unknown version',
      isPodman: Components?.some(({ Name }) => Name === 'Podman Engine') ?? false,
    }
  } catch {
    return { version: 'of unknown version', isPodman: false }
  }
}
