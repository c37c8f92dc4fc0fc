import { MoorageError, type BuildSpec, type OptionNames } from '@moorage/core'

export interface ImageOptions {
  /** Tag of the official image. A plain process ignores it with a notice. Default: the tag that the preset names. */
  readonly version?: string
  /**
   * A compatible image of your own: its name with its tag, or `build('./folder')`. Excludes `version`. A plain process
   * cannot use it.
   */
  readonly image?: string | BuildSpec
}

export const IMAGE_OPTIONS: OptionNames<ImageOptions> = { version: true, image: true }

/**
 * Marks `image` as unsupported for a plain process. `version` is not: it gives a notice if another one is installed.
 */
export function unsupportedImage({ image }: ImageOptions): { readonly refused?: { readonly image: string } } {
  return image === undefined ? {} : { refused: { image: 'a plain process does not run an image' } }
}

/** Passes `version` to a program, which compares it with the installed one. */
export function requestedVersion({ version }: ImageOptions): { readonly version?: string } {
  return version === undefined ? {} : { version }
}

/** The image that a preset runs. Throws `MoorageError` (CONFIG_INVALID) for an invalid image or tag. */
export function resolveImage(
  preset: string,
  { version, image }: ImageOptions,
  official: { readonly name: string; readonly tag: string },
): string | BuildSpec {
  if (image !== undefined && version !== undefined) {
    throw new MoorageError('CONFIG_INVALID', `${preset}({ image, version }): the two options cannot be combined.`, {
      hint: 'Remove one of them; an image includes its tag.',
    })
  }
  const tag = version ?? official.tag
  // The Distribution specification's grammar of a tag.
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(tag)) {
    throw new MoorageError('CONFIG_INVALID', `${preset}({ version }): '${tag}' is not a valid image tag.`, {
      hint: `Give a tag of the official image, such as '${official.tag}'.`,
    })
  }
  if (image === '')
    throw new MoorageError('CONFIG_INVALID', `${preset}({ image }) is empty.`, {
      hint: `Give an image, such as '${official.name}:${official.tag}'.`,
    })
  return image ?? `${official.name}:${tag}`
}
