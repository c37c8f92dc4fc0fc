import type { TreeNode } from '../yaml/tree.ts'
import type { ServiceExtension } from './x-moorage.ts'

/** A service of the file that runs. */
export interface Source {
  readonly name: string
  readonly node: TreeNode
  readonly extension: ServiceExtension
  /** The keys of its containers. */
  readonly keys: readonly string[]
}
