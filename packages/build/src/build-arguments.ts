import { relative } from 'node:path'
import type { BuildSpec, ImageBuild } from '@moorage/core/build'

/** The command line of `docker build`, which nerdctl, buildah and podman understand too. */
export interface BuildCommand {
  readonly args: readonly string[]
  /** Variables that the secrets are read from. */
  readonly env: { readonly [name: string]: string }
  /** The Dockerfile, where it is no file. */
  readonly input?: string
}

export function buildArguments({ spec, tag, platform, labels }: ImageBuild): BuildCommand {
  const { dockerfile, dockerfileInline, target, network } = spec
  const pairs = (option: string, values: { readonly [name: string]: string } = {}): string[] =>
    Object.entries(values).flatMap(([name, value]) => [option, `${name}=${value}`])
  const list = (option: string, values: readonly string[] = []): string[] => values.flatMap((value) => [option, value])
  const secrets = secretSources(spec)
  const args = [
    '--tag',
    tag,
    '--file',
    dockerfile ?? '-',
    ...(target === undefined ? [] : ['--target', target]),
    ...pairs('--build-arg', spec.args),
    ...pairs('--label', { ...spec.labels, ...labels }),
    ...(platform === undefined ? [] : ['--platform', platform]),
    ...list('--secret', secrets.sources),
    ...list('--ssh', spec.ssh),
    ...list('--cache-from', spec.cacheFrom),
    ...list('--cache-to', spec.cacheTo),
    ...pairs('--build-context', spec.additionalContexts),
    ...(spec.noCache ? ['--no-cache'] : []),
    ...(spec.pull ? ['--pull'] : []),
    ...(network === undefined ? [] : ['--network', network]),
    ...Object.entries(spec.extraHosts ?? {}).flatMap(([name, address]) => ['--add-host', `${name}:${address}`]),
  ]
  return { args, env: secrets.env, ...(dockerfile === undefined ? { input: dockerfileInline ?? '' } : {}) }
}

/** Secrets in the syntax of `--secret`. Values stand in variables, so that they are on no disk and in no argument. */
export function secretSources({ secrets = {} }: BuildSpec): {
  readonly sources: readonly string[]
  readonly env: { readonly [name: string]: string }
} {
  const env: Record<string, string> = {}
  const sources = Object.entries(secrets).map(([id, secret], i) => {
    if ('file' in secret) return `id=${id},src=${secret.file}`
    const variable = `MOORAGE_BUILD_SECRET_${i}`
    env[variable] = secret.value ?? ''
    return `id=${id},env=${variable}`
  })
  return { sources, env }
}

/** The options of a build that only BuildKit has. */
export function buildKitOptions({ secrets, ssh, cacheTo, additionalContexts }: BuildSpec): readonly string[] {
  return Object.entries({ secrets, ssh, cacheTo, additionalContexts })
    .filter(([, value]) => value !== undefined && Object.keys(value).length > 0)
    .map(([name]) => name)
}

/** Whether a registry is on this machine, where no certificate is needed. */
export function isLoopback(image: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?(\/|$)/.test(image)
}

/** The name of the Dockerfile inside the context. One that stands elsewhere gets a name that no context has. */
export function dockerfileName({ context, dockerfile }: BuildSpec): string {
  const path = dockerfile === undefined ? '..' : relative(context, dockerfile)
  return path.startsWith('..') ? '.moorage.Dockerfile' : path.replaceAll('\\', '/')
}
