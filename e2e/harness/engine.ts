import { spawnSync } from 'node:child_process'

export type ProviderName = 'process' | 'docker'

/** Why a provider cannot be tried here; undefined when it can. In CI the test bed offers them all: nothing is skipped. */
export function missing(provider: ProviderName): string | undefined {
  if (provider === 'process') return undefined
  const host = process.env['DOCKER_HOST']
  const answers = host !== undefined && spawnSync('docker', ['-H', host, 'version'], { stdio: 'ignore' }).status === 0
  if (answers) return undefined
  if (process.env['CI'] === 'true') throw new RangeError('CI runs with the test bed, and its Docker engine does not answer')
  return 'no Docker engine: DOCKER_HOST is not set, or nothing answers there (npm run testbed -- up)'
}
