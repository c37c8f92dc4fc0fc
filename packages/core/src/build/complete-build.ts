import { readFileSync, statSync } from 'node:fs'
import { isAbsolute, relative, resolve } from 'node:path'
import type { BuildSecret, BuildSpec } from '../contract/build-spec.ts'
import { MoorageError } from '../contract/errors.ts'
import type { Json } from '../contract/json.ts'
import type { ServiceSpec } from '../contract/service.ts'
import type { EnvVariables } from '../config/url-variables.ts'
import { hashOf } from '../config/content-hash.ts'
import { contextDigest } from './context-digest.ts'

/** Where the config names a build. */
export interface BuildPlace {
  /** Path of the option in the config, for messages. */
  readonly at: string
  readonly root: string
  readonly env: EnvVariables
}

/**
 * Makes every path of a build absolute, reads the values of its secrets, and computes its digest: the context without
 * what its ignore file excludes, the Dockerfile, and the options. Throws `MoorageError` (CONFIG_INVALID) for a missing
 * context, Dockerfile or secret.
 */
export function completeBuild(build: BuildSpec, place: BuildPlace): BuildSpec {
  const { at, root } = place
  checkValues(build, at)
  const context = resolve(root, build.context)
  if (!isFolder(context))
    throw invalid(`${at}: the build context ${context} is not a folder.`, 'Create it, or correct the path.')
  const dockerfile =
    build.dockerfileInline === undefined ? resolve(context, build.dockerfile ?? 'Dockerfile') : undefined
  const text = dockerfile === undefined ? build.dockerfileInline : readDockerfile(dockerfile, at)
  const additionalContexts = completeContexts(build.additionalContexts ?? {}, place)
  const completed = {
    ...build,
    context,
    ...(dockerfile === undefined ? {} : { dockerfile }),
    ...(build.additionalContexts ? { additionalContexts } : {}),
    ...(build.secrets ? { secrets: completeSecrets(build.secrets, place) } : {}),
  }
  const { secrets, ssh, cacheFrom, cacheTo, ...options } = build
  const digest = hashOf({
    ...options,
    context: contextDigest(context, dockerfile),
    dockerfile: text ?? '',
    additionalContexts: Object.fromEntries(
      Object.entries(additionalContexts).map(([name, value]) => [
        name,
        isAbsolute(value) ? contextDigest(value) : value,
      ]),
    ),
    secrets: Object.keys(secrets ?? {}),
    ssh: (ssh ?? []).length,
    caches: [cacheFrom ?? [], cacheTo ?? []],
  } as unknown as Json)
  return { ...completed, digest }
}

/** The spec as a hash covers it: of a build its digest, because equal builds can stand in different folders. */
export function withoutBuildPaths(spec: ServiceSpec): ServiceSpec {
  const { container } = spec
  if (typeof container?.image !== 'object' || container.image.digest === undefined) return spec
  return { ...spec, container: { ...container, image: container.image.digest } }
}

/** The name of a build among the inputs of a service. */
export function buildInputName({ context }: BuildSpec, root: string): string {
  return `build context ${relative(root, context) || '.'}`
}

function readDockerfile(path: string, at: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw invalid(
      `${at}: there is no Dockerfile at ${path}.`,
      'Create it, or name it: dockerfile, relative to the context, or dockerfileInline.',
    )
  }
}

function completeContexts(
  contexts: NonNullable<BuildSpec['additionalContexts']>,
  { at, root }: BuildPlace,
): {
  readonly [name: string]: string
} {
  const entries = Object.entries(contexts).map(([name, value]) => {
    if (/^[a-z][a-z-]+:\/\//.test(value)) return [name, value] as const
    const folder = resolve(root, value)
    if (!isFolder(folder))
      throw invalid(`${at}.additionalContexts.${name}: ${folder} is not a folder.`, 'Create it, or correct the path.')
    return [name, folder] as const
  })
  return Object.fromEntries(entries)
}

function completeSecrets(
  secrets: { readonly [id: string]: BuildSecret },
  { at, root, env }: BuildPlace,
): {
  readonly [id: string]: BuildSecret
} {
  const entries = Object.entries(secrets).map(([id, secret]) => {
    if ('env' in secret) {
      const value = env[secret.env]
      if (value === undefined)
        throw invalid(
          `${at}.secrets.${id}: the variable ${secret.env} is not set.`,
          `Set ${secret.env} where the tests run, or name another variable or file.`,
        )
      return [id, { env: secret.env, value }] as const
    }
    const path = resolve(root, secret.file)
    if (!statSync(path, { throwIfNoEntry: false })?.isFile())
      throw invalid(`${at}.secrets.${id}: there is no file ${path}.`, 'Create it, or correct the path.')
    return [id, { file: path }] as const
  })
  return Object.fromEntries(entries)
}

/** References have no value before services run, and images are built before that. */
function checkValues({ args = {}, labels = {} }: BuildSpec, at: string): void {
  for (const [option, values] of Object.entries({ args, labels }))
    for (const [name, value] of Object.entries(values))
      if (typeof value !== 'string')
        throw invalid(
          `${at}.${option}.${name} is not a string.`,
          'Give a string. A reference to another service has no value yet when an image is built.',
        )
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function invalid(message: string, hint: string): MoorageError {
  return new MoorageError('CONFIG_INVALID', message, { hint })
}
