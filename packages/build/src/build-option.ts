import { MoorageError, rejectUnknownOptions, type BuildSpec, type OptionNames } from '@moorage/core/provider'

/** Options of `build()`. */
export interface BuildOptions extends Omit<BuildSpec, 'context' | 'digest' | 'secrets'> {
  /** The folder whose files the Dockerfile copies. A relative path starts at the config's `root`. Default: `root`. */
  readonly context?: string
  /**
   * What `RUN --mount=type=secret` reads, by id: a file, or a variable of this environment. They are not in the image.
   */
  readonly secrets?: { readonly [id: string]: { readonly file: string } | { readonly env: string } }
}

const OPTIONS: OptionNames<BuildOptions> = {
  context: true,
  dockerfile: true,
  dockerfileInline: true,
  target: true,
  args: true,
  secrets: true,
  ssh: true,
  platform: true,
  cacheFrom: true,
  cacheTo: true,
  labels: true,
  additionalContexts: true,
  noCache: true,
  pull: true,
  network: true,
  extraHosts: true,
  name: true,
}

/**
 * An image that moorage builds from a Dockerfile: `image: build('./server')`, or with options. The tag carries the run,
 * and the image is removed with it. Throws `MoorageError` (CONFIG_INVALID).
 */
export function build(options: string | BuildOptions): BuildSpec {
  if (typeof options === 'string') return build({ context: options })
  rejectUnknownOptions('build', options, OPTIONS)
  const { context = '.', dockerfile, dockerfileInline, name } = options
  if (dockerfile !== undefined && dockerfileInline !== undefined)
    throw invalid('build({ dockerfile, dockerfileInline }): the two options exclude each other.', 'Remove one of them.')
  if (context === '')
    throw invalid('build({ context }) is empty.', "Give a folder, such as './server', or '.' for the project's root.")
  if (/^(https?|git|ssh):\/\/|^git@/.test(context))
    throw invalid(`build({ context }): ${context} is an address.`, 'Clone the repository, and give the folder.')
  // Source: the Distribution specification's grammar of a repository's name.
  if (name !== undefined && !/^[a-z0-9]+([._/-]+[a-z0-9]+)*$/.test(name))
    throw invalid(
      `build({ name }): '${name}' is not the name of a repository.`,
      "Give lower-case letters, digits, dots, dashes and slashes, without a tag, such as 'shop/server'.",
    )
  return { ...options, context }
}

function invalid(message: string, hint: string): MoorageError {
  return new MoorageError('CONFIG_INVALID', message, { hint })
}
