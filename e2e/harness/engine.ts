import { spawnSync } from 'node:child_process'

export type ProviderName = 'process' | 'docker' | 'kubernetes'

const ALL: readonly ProviderName[] = ['process', 'docker', 'kubernetes']

/**
 * False when this run of the tests leaves a provider to another run beside it: MOORAGE_TEST_PROVIDERS, separated by
 * commas.
 */
export function offers(provider: ProviderName): boolean {
  const chosen = process.env['MOORAGE_TEST_PROVIDERS']
  return !chosen || chosen.split(',').includes(provider)
}

/** The providers to try in this run of the tests, of those that a test is for; all by default. */
export function providers(...wanted: readonly ProviderName[]): readonly ProviderName[] {
  return (wanted.length ? wanted : ALL).filter(offers)
}

/** Made by the test bed, with the documented Role for its user `shared`. */
export const NAMESPACE = 'ci'

/**
 * Why a provider cannot be tried here; undefined when it can. In CI the test bed offers them all: nothing is skipped.
 */
export function missing(provider: ProviderName): string | undefined {
  if (provider === 'process') return undefined
  if (provider === 'kubernetes') return missingCluster()
  const host = process.env['DOCKER_HOST']
  const answers = host !== undefined && spawnSync('docker', ['-H', host, 'version'], { stdio: 'ignore' }).status === 0
  if (answers) return undefined
  if (process.env['CI'] === 'true')
    throw new RangeError('CI runs with the test bed, and its Docker engine does not answer')
  return 'no Docker engine: DOCKER_HOST is not set, or nothing answers there (npm run testbed -- up)'
}

function missingCluster(): string | undefined {
  if (process.env['MOORAGE_TESTBED_KUBECONFIG'] !== undefined && kubectl('get', '--raw', '/readyz').status === 0)
    return undefined
  if (process.env['CI'] === 'true') throw new RangeError('CI runs with the test bed, and its cluster does not answer')
  return 'no cluster: MOORAGE_TESTBED_KUBECONFIG is not set, or nothing answers there (npm run testbed -- up)'
}

/** What chooses a provider, and lets it be chosen. */
export function environmentOf(provider: ProviderName): Record<string, string> {
  if (provider !== 'kubernetes') return { MOORAGE_PROVIDER: provider }
  return { MOORAGE_PROVIDER: provider, KUBECONFIG: kubeconfig('admin'), MOORAGE_KUBE_CONTEXT: 'testbed' }
}

/** The kubeconfig of one of the test bed's users. */
export function kubeconfig(user: string): string {
  return `${process.env['MOORAGE_TESTBED_KUBECONFIGS'] ?? '/nowhere'}/${user}.yaml`
}

/** The bed's administrator. */
export function kubectl(...args: readonly string[]): {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
} {
  const program = process.env['MOORAGE_TESTBED_KUBECTL'] ?? 'kubectl'
  return spawnSync(program, ['--kubeconfig', kubeconfig('admin'), ...args], { encoding: 'utf8' })
}
