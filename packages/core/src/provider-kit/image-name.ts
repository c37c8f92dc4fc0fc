/**
 * The registry that an image's name begins with; undefined for an image of Docker Hub. Source: distribution/reference.
 */
export function registryOf(image: string): string | undefined {
  const [first = '', rest] = image.split(/\/(.*)/s)
  return rest !== undefined && (/[.:]/.test(first) || first === 'localhost') ? first : undefined
}

/** The name of an image of Docker Hub behind a mirror, such as `registry.example/hub`. Other images keep their name. */
export function mirroredName(image: string, mirror: string | undefined): string {
  if (!mirror || registryOf(image) !== undefined) return image
  return `${mirror.replace(/\/+$/, '')}/${image}`
}
