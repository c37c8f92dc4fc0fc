import type { Run, UnitSpec } from '@moorage/core/provider'
import type { PodDns } from '../cluster/cluster-dns.ts'
import type { FileDelivery } from '../files.ts'
import type { KubernetesOptions } from '../options.ts'
import type { PodFolder } from './prepare-folders.ts'
import type { Preparation } from './preparing-container.ts'

/** Everything that decides the manifest of a pod. */
export interface PodManifestInput {
  readonly run: Pick<Run, 'id' | 'labels'>
  readonly spec: UnitSpec
  readonly name: string
  readonly namespace: string
  /** Owner reference of the liveness object. */
  readonly owner: object
  readonly options: KubernetesOptions
  readonly delivery: FileDelivery
  readonly folders: readonly PodFolder[]
  readonly preparation: Preparation
  /** Name of the Secret with the sensitive variables; undefined where there are none. */
  readonly envSecret: string | undefined
  /** Name of the Secret with this machine's credentials for the image; undefined where there are none. */
  readonly pullSecret: string | undefined
  readonly dns: PodDns
  /** IP address at which the pod reaches the supervisor's machine; undefined without host access. */
  readonly hostAddress: string | undefined
}
