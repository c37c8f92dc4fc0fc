import { fileURLToPath } from 'node:url'
import {
  siblingModule,
  MoorageError,
  ISOLATION_SCOPES,
  type IsolateSpec,
  type IsolationScope,
  type OptionNames,
} from '@moorage/core'

export interface IsolateOptions {
  /**
   * Gives each worker, file or test a database that starts with the seeded data. `worker`: one database per worker of
   * the test runner. `file` and `test`: it is reset for each file or test. Default: `false`, one database for all.
   */
  readonly isolate?: IsolationScope | false
}

export const ISOLATE_OPTIONS: OptionNames<IsolateOptions> = { isolate: true }

/**
 * Turns the option `isolate` into the isolation module of the preset. The user's project must have one of the
 * `drivers`. Throws `MoorageError` (CONFIG_INVALID) for an unknown scope.
 */
export function isolateSpec(
  preset: string,
  { isolate = false }: IsolateOptions,
  drivers: readonly string[] = [],
): { readonly isolate?: IsolateSpec } {
  if (isolate === false) return {}
  if (!ISOLATION_SCOPES.includes(isolate)) {
    throw new MoorageError(
      'CONFIG_INVALID',
      `${preset}({ isolate }): '${String(isolate)}' is not an isolation scope.`,
      { hint: "Use 'worker', 'file', 'test' or false." },
    )
  }
  return { isolate: { each: isolate, module: { $file: fileURLToPath(MODULES[preset] ?? '') }, drivers } }
}

/** For presets without isolation. Throws `MoorageError` (CONFIG_INVALID) if the option is set. */
export function rejectIsolate(preset: string, options: object): void {
  if (!('isolate' in options) || options.isolate === undefined) return
  throw new MoorageError(
    'CONFIG_INVALID',
    `${preset}({ isolate }): only postgres, mongodb and redis support isolation.`,
    { hint: 'Remove the option.' },
  )
}

const MODULES: { readonly [preset: string]: string } = {
  mongodb: siblingModule(import.meta.url, '../isolation/mongodb'),
  postgres: siblingModule(import.meta.url, '../isolation/postgres'),
  redis: siblingModule(import.meta.url, '../isolation/redis'),
}
