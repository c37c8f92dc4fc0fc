/**
 * URL of the module `name` in the folder of the module at `url`, with the same extension: `.ts` in the sources,
 * `.js` in the build. The build keeps a file of its own for every module named so.
 */
export function siblingModule(url: string, name: string): string {
  const extension = url.match(/\.[cm]?[jt]s(?=$|\?)/)?.[0] ?? '.js'
  return new URL(`${name}${extension}`, url).href
}
