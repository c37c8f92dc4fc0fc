// The fields of API objects that this provider reads. Source: Kubernetes API reference v1.34, core/v1 and meta/v1.

/** One call to the API server. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: object
  readonly signal?: AbortSignal
  /** Milliseconds for which a call without an answer is retried. Default: 20,000. */
  readonly retryTimeoutMs?: number
}

/** The answer to an {@link ApiRequest}, whatever its status. */
export interface ApiResponse {
  readonly status: number
  readonly body: unknown
  /** The API server's clock, from the `Date` header: milliseconds since the epoch. */
  readonly date?: number
  /** Milliseconds after which the server asks for the next attempt, from the `Retry-After` header. */
  readonly retryAfterMs?: number
}

/** `ObjectMeta` of meta/v1. */
export interface Metadata {
  readonly name: string
  readonly namespace?: string
  readonly uid: string
  readonly resourceVersion: string
  readonly creationTimestamp: string
  readonly deletionTimestamp?: string
  readonly labels?: { readonly [name: string]: string }
  readonly annotations?: { readonly [name: string]: string }
}

/** Any object of the API. */
export interface ApiObject {
  readonly metadata: Metadata
}

/** `ContainerStateWaiting` of core/v1. */
export interface Waiting {
  readonly reason?: string
  readonly message?: string
}

/** `ContainerStateTerminated` of core/v1. */
export interface Terminated {
  readonly exitCode: number
  readonly signal?: number
  readonly reason?: string
  readonly message?: string
}

/** `ContainerState` of core/v1: one of the three. */
export interface ContainerState {
  readonly waiting?: Waiting
  readonly running?: object
  readonly terminated?: Terminated
}

/** `ContainerStatus` of core/v1. */
export interface ContainerStatus {
  readonly name: string
  readonly image?: string
  readonly imageID?: string
  readonly state?: ContainerState
  readonly restartCount?: number
}

/** `Pod` of core/v1. */
export interface Pod extends ApiObject {
  readonly spec?: {
    readonly nodeName?: string
    readonly restartPolicy?: string
    readonly containers?: readonly {
      readonly name: string
      readonly resources?: { readonly limits?: { readonly memory?: string } }
    }[]
  }
  readonly status?: {
    readonly phase?: string
    readonly reason?: string
    readonly message?: string
    readonly podIP?: string
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly reason?: string
      readonly message?: string
    }[]
    readonly containerStatuses?: readonly ContainerStatus[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
  }
}

/** `Event` of core/v1. */
export interface ApiEvent extends ApiObject {
  readonly involvedObject: {
    readonly kind?: string
    readonly uid?: string
    readonly name?: string
    readonly fieldPath?: string
  }
  readonly reason?: string
  readonly message?: string
  readonly type?: string
  readonly count?: number
}

/** `Status` of meta/v1: the body of every refusal. */
export interface Status {
  readonly kind: 'Status'
  readonly status?: string
  readonly message?: string
  readonly reason?: string
  readonly code?: number
  readonly details?: {
    readonly name?: string
    readonly kind?: string
    readonly retryAfterSeconds?: number
    readonly causes?: readonly { readonly reason?: string; readonly message?: string }[]
  }
}

/** A list of objects. `items` is null when Go encodes an empty slice. */
export interface List<T> {
  readonly metadata: { readonly resourceVersion: string }
  readonly items?: readonly T[]
}
