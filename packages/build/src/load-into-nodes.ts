import type { BuilderProbe, ImageStore } from '@moorage/core/build'
import { toPublishError } from './build-error.ts'
import { runProgram } from './run-program.ts'

type NodesStore = Extract<ImageStore, { readonly kind: 'nodes' }>

// Source: the documentation of kind, k3d and minikube, "load docker-image", "image import" and "image load".
const LOAD_COMMANDS: { readonly [tool: string]: (cluster: string, tag: string) => readonly string[] } = {
  kind: (cluster, tag) => ['kind', 'load', 'docker-image', tag, '--name', cluster],
  k3d: (cluster, tag) => ['k3d', 'image', 'import', tag, '--cluster', cluster],
  minikube: (cluster, tag) => ['minikube', '--profile', cluster, 'image', 'load', tag],
}

/** Why images cannot be copied to the nodes of a cluster on this machine. */
export async function nodesProblem({ tool }: NodesStore, signal: AbortSignal): Promise<BuilderProbe | undefined> {
  const { code } = await runProgram([tool, 'version'], { signal })
  if (code !== 'ENOENT') return undefined
  return {
    ok: false,
    reason: `the program ${tool}, which copies images to its nodes, is not on the PATH`,
    fix: `Install ${tool}, or give a registry: kubernetes({ registry }) or MOORAGE_REGISTRY.`,
  }
}

/** Copies an image of the Docker engine to every node. Throws `MoorageError` (BUILD_FAILED). */
export async function loadIntoNodes(
  { tool, cluster }: NodesStore,
  { service, tag, signal }: { readonly service: string; readonly tag: string; readonly signal: AbortSignal },
): Promise<void> {
  const { code, output } = await runProgram(LOAD_COMMANDS[tool]?.(cluster, tag) ?? [tool], { signal })
  if (code !== 0) throw toPublishError(tool, { service, action: `copy ${tag} to the nodes of ${cluster}`, output })
}
