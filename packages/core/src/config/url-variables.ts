import { MoorageError } from '../contract/errors.ts'
import type { ServiceSpec } from '../contract/service.ts'

/** Environment variables, as in `process.env`. */
export type EnvVariables = { readonly [name: string]: string | undefined }

/** The variable that carries the payload of a run to its tests. */
export const PAYLOAD_VARIABLE = 'MOORAGE'

/**
 * The variable for the URL of a service: `db` gives `DB_URL`, `mainDb` gives `MAIN_DB_URL`, and the option `as` wins.
 * Throws `MoorageError` (CONFIG_INVALID) for an `as` that no variable can be named.
 */
export function urlVariable(name: string, { as }: Pick<ServiceSpec, 'as'>): string {
  if (as === undefined)
    return `${name
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .replaceAll('-', '_')
      .toUpperCase()}_URL`
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(as) && as !== PAYLOAD_VARIABLE) return as
  throw new MoorageError(
    'CONFIG_INVALID',
    `services.${name}.as: '${as}' cannot be the name of an environment variable.`,
    { service: name, hint: "Use letters, digits and underscores, as in 'MONGODB_URL'." },
  )
}
