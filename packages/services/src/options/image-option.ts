import { MoorageError } from '@moorage/core'

export interface ImageOptions {
  /** Tag of the official image. Default: see each preset. */
  readonly version?: string
  /** An image of your own that behaves like the official one; instead of `version`. */
  readonly image?: string
}

/** An image of the user's own is no wish that a process could meet; a version is what is installed. */
export function refusedAsProcess({ image }: ImageOptions): { readonly refused?: { readonly image: string } } {
  return image === undefined ? {} : { refused: { image: 'a plain process runs no image' } }
}

/** What a program is told, so that it can say that it is another. */
export function wishedVersion({ version }: ImageOptions): { readonly version?: string } {
  return version === undefined ? {} : { version }
}

/** The image that a preset runs. */
export function imageOf(
  preset: string,
  { version, image }: ImageOptions,
  official: { readonly name: string; readonly tag: string },
): string {
  if (image !== undefined && version !== undefined) {
    throw new MoorageError('CONFIG_INVALID', `${preset}({ image, version }): both say what to run.`, {
      hint: 'Give one of the two; an image carries its tag itself.',
    })
  }
  const tag = version ?? official.tag
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(tag)) {
    throw new MoorageError('CONFIG_INVALID', `${preset}({ version }): '${tag}' cannot be a tag.`, {
      hint: `Give a tag of the official image, as in '${official.tag}'.`,
    })
  }
  if (image === '')
    throw new MoorageError('CONFIG_INVALID', `${preset}({ image }) is empty.`, {
      hint: `Give an image, as in '${official.name}:${official.tag}'.`,
    })
  return image ?? `${official.name}:${tag}`
}
