import { spawnSync } from 'node:child_process'

export const program: string = process.env['MOORAGE_TESTBED_NERDCTL'] ?? 'nerdctl'
// Names the bed's containerd, its mirrors and a namespace apart from pods.
const configuration = process.env['MOORAGE_TESTBED_NERDCTL_TOML'] ?? '/nowhere'

/**
 * What lets moorage choose the bed's containerd. The program has a name of its own there: the config gives its path.
 */
export const nerdctlEnvironment: Record<string, string> = {
  MOORAGE_PROVIDER: 'nerdctl',
  NERDCTL_TOML: configuration,
}

export function nerdctl(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, NERDCTL_TOML: configuration },
  })
  if (status !== 0) throw new RangeError(`nerdctl ${args.join(' ')}: ${stderr}`)
  return stdout
}

/** Why nerdctl cannot be tried here; undefined when it can. In CI the test bed offers it. */
export function missingNerdctl(): string | undefined {
  const env = { ...process.env, NERDCTL_TOML: configuration }
  if (spawnSync(program, ['version'], { stdio: 'ignore', env }).status === 0) return undefined
  if (process.env['CI'] === 'true') throw new RangeError('CI runs with the test bed: nerdctl reaches no containerd')
  return 'no containerd: nerdctl does not reach one (npm run testbed -- up)'
}

/** All containers, networks and volumes. nerdctl creates its default network with the first container. */
export function nerdctlObjects(): readonly string[] {
  return [
    ...nerdctl('ps', '--all', '--format', 'container {{.Names}}').split('\n'),
    ...nerdctl('network', 'ls', '--format', 'network {{.Name}}').split('\n'),
    ...nerdctl('volume', 'ls', '--format', 'volume {{.Name}}').split('\n'),
  ].filter((line) => line && line !== 'network bridge')
}
