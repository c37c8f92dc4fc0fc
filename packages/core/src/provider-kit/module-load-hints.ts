import { pathToFileURL } from 'node:url'

/** What to do about an error of Node's module loader, by its code. */
const HINT_BY_CODE: { readonly [code: string]: string } = {
  ERR_MODULE_NOT_FOUND:
    'Install the package, or add the file extension to the import: Node does not resolve paths without one.',
  ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX:
    'Node removes types but does not compile: write enums and namespaces as plain objects.',
  ERR_INVALID_TYPESCRIPT_SYNTAX: 'Correct the syntax at that line.',
  ERR_UNKNOWN_FILE_EXTENSION: 'This version of Node cannot read TypeScript: use Node 22.18 or later, or a .mjs config.',
}

/** What to do about an error with which Node cannot load a module; undefined if the module itself threw it. */
export function loadHint(error: unknown, file: string): string | undefined {
  const { code = '', name = '' } = (error ?? {}) as { code?: string; name?: string }
  return (
    HINT_BY_CODE[code] ??
    (name === 'SyntaxError' ? `Correct its syntax. \`node --check ${file}\` shows the line.` : undefined)
  )
}

/** The line number of a syntax error, as `:3`: Node starts its stack with `file:line`. */
export function lineSuffix(error: unknown, file: string): string {
  const [first = ''] = error instanceof Error ? (error.stack ?? '').split('\n') : []
  return first.startsWith(file) || first.startsWith(pathToFileURL(file).href) ? (/:\d+$/.exec(first)?.[0] ?? '') : ''
}
