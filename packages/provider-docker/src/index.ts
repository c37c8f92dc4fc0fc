import { moduleBeside, type ProviderRef } from '@moorage/core'

export interface DockerOptions {
  /** Where the engine listens, as in `unix:///var/run/docker.sock`. Default: `DOCKER_HOST`, the Docker context, the usual sockets. */
  readonly host?: string
}

/** Services as containers of a Docker Engine, through `testcontainers`. */
export function docker(options: DockerOptions = {}): ProviderRef {
  return { name: 'docker', module: moduleBeside(import.meta.url, 'provider'), options: { ...options } }
}
