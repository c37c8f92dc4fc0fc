import { rejectUnknownOptions, type JsonObject, type OptionNames } from '@moorage/core/provider'

/** Options of `kubernetes()`. */
export interface KubernetesOptions {
  /**
   * A context of the kubeconfig. Default: `MOORAGE_KUBE_CONTEXT`, else the current context, which is allowed only in CI
   * and in a pod.
   */
  readonly context?: string
  /**
   * Path of a kubeconfig, relative to the project. Default: `KUBECONFIG`, else `~/.kube/config`, else the pod's service
   * account.
   */
  readonly kubeconfig?: string
  /**
   * An existing namespace that runs share. Default: `MOORAGE_NAMESPACE`, else a namespace per run where that is
   * allowed, else the namespace of the context.
   */
  readonly namespace?: string
  /**
   * `create` creates a namespace per run; `shared` uses `namespace`. Default: `shared` where a namespace is given or
   * new ones are not allowed, else `create`.
   */
  readonly mode?: 'create' | 'shared'
  /**
   * Seconds without a heartbeat from the supervisor after which the cluster deletes the run. Default: 120, or 90 where
   * Jobs are denied.
   */
  readonly grace?: number
  /**
   * With a namespace per run: starts a pod in it that deletes the namespace when the cluster has deleted the run.
   * Without it, the next start does. The image must have kubectl as its entry point; the default is a tag of
   * registry.k8s.io/kubectl, which the Kubernetes project releases. Needs the additional permissions in
   * docs/kubernetes.md; a deleter that cannot start becomes a notice and fails nothing. PROVIDER_UNAVAILABLE together
   * with `namespace` or `mode: 'shared'`, and where Jobs are denied. Default: false.
   */
  readonly deleter?: boolean | { readonly image: string }
  /**
   * How tests reach pods. `forward`: through the Kubernetes API. `pod-ip`: by the pod's IP address. `auto`: inside the
   * cluster by the IP address if a probe succeeds, else by a forward. Default: `auto`.
   */
  readonly reach?: 'auto' | 'forward' | 'pod-ip'
  /** Requests and limits of each container, in Kubernetes' format. Default: none. */
  readonly resources?: JsonObject
  /**
   * Names of Secrets for private registries. They are in the shared namespace, or in the namespace of the context, from
   * which a namespace per run gets copies. Default: none.
   */
  readonly imagePullSecrets?: readonly string[]
  /**
   * The registry, with a path, that images of `build()` are pushed to and that the nodes pull from. Default:
   * `MOORAGE_REGISTRY`, else none: then images reach only a cluster on this machine.
   */
  readonly registry?: string
  /**
   * Gives the cluster this machine's credentials for the registries of private images, in a Secret that goes with the
   * run. They are those of `docker login` and its helpers. Default: true.
   */
  readonly pullCredentials?: boolean
  /** Labels that a node must have. Default: none. */
  readonly nodeSelector?: { readonly [label: string]: string }
  /** Tolerations of each pod, in Kubernetes' format. Default: none. */
  readonly tolerations?: readonly JsonObject[]
  /**
   * Service account of the pods; they get no token of it. It is where the pull secrets are; a namespace per run gets a
   * copy, with its annotations and pull secrets. Default: `default`.
   */
  readonly serviceAccount?: string
}

const OPTIONS: OptionNames<KubernetesOptions> = {
  context: true,
  kubeconfig: true,
  namespace: true,
  mode: true,
  grace: true,
  deleter: true,
  reach: true,
  resources: true,
  imagePullSecrets: true,
  registry: true,
  pullCredentials: true,
  nodeSelector: true,
  tolerations: true,
  serviceAccount: true,
}

/** Throws `MoorageError` (CONFIG_INVALID). */
export function checkOptions(options: KubernetesOptions): void {
  rejectUnknownOptions('kubernetes', options, OPTIONS)
}
