import { kubeconfig, NAMESPACE, type ProviderName } from '../harness/engine.ts'

/** Runs in one namespace, with the documented Role. */
export const sharedNamespace = { KUBECONFIG: kubeconfig('shared'), MOORAGE_NAMESPACE: NAMESPACE }

/** What scripts/tasks/chaos.ts was asked for. */
export function chosen(): {
  readonly providers: readonly ProviderName[]
  readonly first: number
  readonly count: number
} {
  const {
    MOORAGE_CHAOS_PROVIDER: provider,
    MOORAGE_CHAOS_SEED: seed = '1',
    MOORAGE_CHAOS_COUNT: count = '50',
  } = process.env
  return {
    providers: provider ? [provider as ProviderName] : ['process', 'docker', 'kubernetes'],
    first: Number(seed),
    count: Number(count),
  }
}
