// The build bundles the library into this file, so that users install fewer packages.
import library from '@balena/dockerignore'

type CreateIgnore = (options: { readonly ignorecase: boolean }) => {
  add(patterns: readonly string[]): { ignores(path: string): boolean }
}

// Its types describe an ES module, but it is CommonJS, whose default import is the function itself.
const createIgnore = library as unknown as CreateIgnore

/** Filters the files of a build context as Docker does. `isIgnored` takes a path relative to the context, with `/`. */
export function createFilter(patterns: readonly string[]): { isIgnored(path: string): boolean } {
  const filter = createIgnore({ ignorecase: false }).add([...patterns])
  return { isIgnored: (path) => filter.ignores(path) }
}
