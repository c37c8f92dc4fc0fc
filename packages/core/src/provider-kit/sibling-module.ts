/**
 * URL of the module `name` in the folder of the module with this URL, with the same extension: `.ts` in the sources,
 * `.js` in the build. The build writes a file for every module that is named in this way.
 */
export function siblingModule(url: string, name: string): string {
  const extension = url.match(/\.[cm]?[jt]s(?=$|\?)/)?.[0] ?? '.js'
  return new URL(`${name}${extension}`, url).href
}
