// The build bundles the library into this file, so that users install fewer packages.
import vendors from 'ci-info/vendors.json' with { type: 'json' }

/** The variables that show that a CI system runs this process. */
export type CiVendorRule =
  | string
  /** All of these variables are set. */
  | readonly string[]
  /** One of these is set. */
  | { readonly any: readonly string[] }
  /** The variable contains a text. */
  | { readonly env: string; readonly includes: string }
  /** Each variable has this value. */
  | { readonly [name: string]: string }

/** A rule for each CI system that ci-info knows. */
export const ciVendorRules: readonly CiVendorRule[] = vendors.map(({ env }) => env as CiVendorRule)
