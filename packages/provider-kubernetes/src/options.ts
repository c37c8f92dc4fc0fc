import type { JsonObject } from '@moorage/core/provider'

export interface KubernetesOptions {
  /** A context of the kubeconfig. Default: `MOORAGE_KUBE_CONTEXT`, else the current one, which counts in CI only. */
  readonly context?: string
  /** Path of a kubeconfig. Default: `KUBECONFIG`, else `~/.kube/config`, else the pod's own service account. */
  readonly kubeconfig?: string
  /** A namespace that exists, and that runs share. Default: `MOORAGE_NAMESPACE`, else a namespace per run where that is allowed, else the context's own. */
  readonly namespace?: string
  /** `create` makes a namespace per run, `shared` uses the one given. Default: as `namespace` says. */
  readonly mode?: 'create' | 'shared'
  /** Seconds without a sign of life from the supervisor after which the cluster removes the run. Default: 120. */
  readonly grace?: number
  /**
   * With a namespace per run: a pod in it that deletes it when the cluster has removed the run, so that nothing waits for the
   * next start. An image runs kubectl as its entry point; the default is the one that Kubernetes releases, a tag of
   * registry.k8s.io/kubectl. Needs docs/kubernetes.md's additional rights; what keeps it from running is told in a notice and
   * fails nothing. PROVIDER_UNAVAILABLE beside `namespace` or `mode: 'shared'`, and where Jobs are denied. Default: false.
   */
  readonly deleter?: boolean | { readonly image: string }
  /** How tests reach pods. Default: `auto`: by the pod's address where a probe proves it, from within the cluster; else by a forward. */
  readonly reach?: 'auto' | 'forward' | 'pod-ip'
  /** Requests and limits of each pod, as Kubernetes writes them. Default: none. */
  readonly resources?: JsonObject
  /** Secrets of the namespace for private registries. */
  readonly imagePullSecrets?: readonly string[]
  readonly nodeSelector?: { readonly [label: string]: string }
  readonly tolerations?: readonly JsonObject[]
  /** For the pods; they get no token of it. Default: `default`. */
  readonly serviceAccount?: string
}
