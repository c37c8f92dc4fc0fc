import type { Address, AnyService, Service } from '@moorage/core'

/**
 * The services of compose files, by the path that `compose()` gets. The option `types` writes a file that adds to it.
 */
// oxlint-disable-next-line no-empty-interface -- the written files add members by declaration merging
export interface ComposeFiles {}

/** A service of a compose file: `P` are the names of its ports, `F` further fields of its connection. */
export type ComposeService<P extends string, F extends string = never> = Service<
  Address & { readonly [K in F]: string } & {
    readonly ports: { readonly [K in P]: { readonly host: string; readonly port: number } }
  }
>

/** What `compose(path)` returns: services by any name, or by those that the option `types` has written. */
export type ComposeServices<Path> = Path extends keyof ComposeFiles
  ? ComposeFiles[Path]
  : { readonly [service: string]: AnyService }
