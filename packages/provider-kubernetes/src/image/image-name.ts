/** An image in a registry. */
export interface ImageName {
  /** Host and port. */
  readonly registry: string
  readonly repository: string
  /** A tag, or a digest with its algorithm. */
  readonly reference: string
}

// Docker Hub in names of images, and the host that serves it. Source: distribution/reference, normalize.go.
const DOCKER_HUB = 'docker.io'
const DOCKER_HUB_HOST = 'registry-1.docker.io'

/** Parses a name such as `postgres:17`. Source: distribution/reference, grammar of names. */
export function parseImageName(image: string): ImageName {
  const [name = '', digest] = image.split('@')
  const [, path = name, tag = 'latest'] = /^(.*?)(?::([^:/]+))?$/.exec(name) ?? []
  const [first = '', ...rest] = path.split('/')
  const hasHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  const reference = digest ?? tag
  if (hasHost && !/^(index\.)?docker\.io$/.test(first))
    return { registry: first, repository: rest.join('/'), reference }
  const inHub = hasHost ? rest.join('/') : path
  return { registry: DOCKER_HUB, repository: inHub.includes('/') ? inHub : `library/${inHub}`, reference }
}

/** The host that answers for a registry, with the protocol: engines dial a registry on the loopback without TLS. */
export function registryUrl(registry: string): string {
  if (registry === DOCKER_HUB) return `https://${DOCKER_HUB_HOST}`
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(registry)
  return `${isLoopback ? 'http' : 'https'}://${registry}`
}
