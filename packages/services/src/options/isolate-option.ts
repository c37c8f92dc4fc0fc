import { fileURLToPath } from 'node:url'
import { siblingModule, MoorageError, ISOLATION_SCOPES, type IsolateSpec, type IsolationScope } from '@moorage/core'

export interface IsolateOptions {
  /**
   * A database of its own for each worker of the test runner, or a fresh one for each file or test, each beginning with
   * what the seed made. Default: `false`, one for all.
   */
  readonly isolate?: IsolationScope | false
}

/** Turns the option `isolate` into the module of that name; `drivers` are packages of the user's of which one has to be there. */
export function isolateOf(
  preset: string,
  { isolate = false }: IsolateOptions,
  drivers: readonly string[] = [],
): { readonly isolate?: IsolateSpec } {
  if (isolate === false) return {}
  if (!ISOLATION_SCOPES.includes(isolate)) {
    throw new MoorageError('CONFIG_INVALID', `${preset}({ isolate }): '${String(isolate)}' is no span of isolation.`, {
      hint: "Use 'worker', 'file', 'test' or false.",
    })
  }
  return { isolate: { each: isolate, module: { $file: fileURLToPath(MODULES[preset] ?? '') }, drivers } }
}

/** For presets of what has no data that could be set back. */
export function notIsolated(preset: string, options: object): void {
  if (!('isolate' in options) || options.isolate === false) return
  throw new MoorageError(
    'CONFIG_INVALID',
    `${preset}({ isolate }): only postgres, mongodb and redis can be isolated.`,
    { hint: 'Leave it out.' },
  )
}

const MODULES: { readonly [preset: string]: string } = {
  mongodb: siblingModule(import.meta.url, '../isolation/mongodb'),
  postgres: siblingModule(import.meta.url, '../isolation/postgres'),
  redis: siblingModule(import.meta.url, '../isolation/redis'),
}
