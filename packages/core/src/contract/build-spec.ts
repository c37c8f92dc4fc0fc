/** An image that moorage builds for a service, as plain data. Used wherever a container names its image. */
export interface BuildSpec {
  /** The folder whose files the Dockerfile copies. A relative path starts at the root of the project. */
  readonly context: string
  /** Path of the Dockerfile. A relative path starts at the context. Default: `Dockerfile`. */
  readonly dockerfile?: string
  /** The text of the Dockerfile. Excludes `dockerfile`. */
  readonly dockerfileInline?: string
  /** The stage to build. Default: the last one. */
  readonly target?: string
  /** Values of ARG instructions. */
  readonly args?: { readonly [name: string]: string }
  /** What `RUN --mount=type=secret` reads, by id. The values are not part of the image and of the hash. */
  readonly secrets?: { readonly [id: string]: BuildSecret }
  /** Agents or keys for `RUN --mount=type=ssh`: `default`, or `id=path` of a socket or key. */
  readonly ssh?: readonly string[]
  /** Such as `linux/arm64`. Default: the platform of the machine that runs the image. */
  readonly platform?: string
  /** Caches to read, in the builder's syntax, such as `type=registry,ref=registry.example/app:cache`. */
  readonly cacheFrom?: readonly string[]
  /** Caches to write, in the builder's syntax. */
  readonly cacheTo?: readonly string[]
  /** Labels of the image. */
  readonly labels?: { readonly [name: string]: string }
  /** Further contexts by name: folders, or `docker-image://` and `https://` addresses. */
  readonly additionalContexts?: { readonly [name: string]: string }
  /** Runs every step again. Default: false. */
  readonly noCache?: boolean
  /** Pulls the base images even where they are present. Default: false. */
  readonly pull?: boolean
  /** The network of RUN instructions: `default`, `none` or `host`. */
  readonly network?: string
  /** Further entries of /etc/hosts for RUN instructions: addresses by host name. */
  readonly extraHosts?: { readonly [hostName: string]: string }
  /** The repository of its tag, without a tag. Default: `moorage/<service>`. */
  readonly name?: string
  /** The digest of everything that decides what is built. Set by the plan. */
  readonly digest?: string
}

/** A file, or a variable of the client's environment. The plan adds the value of the variable. */
export type BuildSecret = { readonly file: string } | { readonly env: string; readonly value?: string }

/** Where the engine of a provider finds images that no registry has, or the registry that it pulls from. */
export type ImageStore =
  /** An engine with Docker's API. Default for `buildKit`: the engine contains BuildKit. */
  | { readonly kind: 'engine'; readonly host: string; readonly buildKit?: boolean }
  /** A containerd of this machine. Default for both fields: nerdctl's own. */
  | { readonly kind: 'containerd'; readonly address?: string; readonly namespace?: string }
  /** A registry, with the path that precedes the names of images. */
  | { readonly kind: 'registry'; readonly prefix: string }
  /** The nodes of a cluster on this machine, which a tool copies images to. */
  | { readonly kind: 'nodes'; readonly tool: string; readonly cluster: string }

/** How images reach the engine of a provider. */
export interface ImageStores {
  /** In order of preference. */
  readonly stores: readonly ImageStore[]
  /**
   * The platforms that the engine can run, such as `linux/amd64`; the first is the default. None: the builder decides.
   */
  readonly platforms: readonly string[]
  /** What the user can do to add a store, as a sentence, where `stores` may not suffice. */
  readonly fix?: string
}
