import { FILES_CONTAINER } from './container-status.ts'

/** What an init container does: lines for `sh`, with the volumes that they need. */
export interface InitStep {
  readonly script: readonly string[]
  readonly mounts: readonly object[]
}

/**
 * A container of the same image and user that prepares the volumes of the main container; undefined without steps. It
 * needs `sh`.
 */
export function initContainer(main: object, steps: readonly InitStep[]): object | undefined {
  if (!steps.length) return undefined
  const script = ['set -e', ...steps.flatMap(({ script: lines }) => lines)].join('\n')
  const { lifecycle: _lifecycle, tty: _tty, stdin: _stdin, ...rest } = main as { readonly [field: string]: unknown }
  return {
    ...rest,
    name: FILES_CONTAINER,
    env: [],
    ports: [],
    command: ['sh', '-c', script.replaceAll('$', '$$$$')],
    args: [],
    volumeMounts: steps.flatMap(({ mounts }) => mounts),
  }
}

/** A word of a shell script. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
