import { siblingModule, MoorageError, type ProviderRef } from '@moorage/core'

export interface DockerOptions {
  /** Where the engine listens, as in `unix:///var/run/docker.sock`. Default: `DOCKER_HOST`, the Docker context, the usual sockets. */
  readonly host?: string
  /**
   * Starts a Ryuk of the run's own beside its services: a container that removes them when the connection to the
   * supervisor has been gone for 10 seconds, for engines on other machines, where no next start cleans up. It mounts the
   * engine's socket. `TESTCONTAINERS_RYUK_DISABLED=true` overrides it. Default: false.
   */
  readonly ryuk?: boolean
}

/** Services as containers of a Docker Engine, through `testcontainers`. Throws `MoorageError` (CONFIG_INVALID). */
export function docker(options: DockerOptions = {}): ProviderRef {
  const { ryuk = false } = options
  if (typeof ryuk !== 'boolean')
    throw new MoorageError('CONFIG_INVALID', `docker({ ryuk }): ${JSON.stringify(ryuk)} is neither true nor false.`, {
      provider: 'docker',
      hint: 'Give true, or leave it out.',
    })
  return { name: 'docker', module: siblingModule(import.meta.url, 'provider'), options: { ...options } }
}
