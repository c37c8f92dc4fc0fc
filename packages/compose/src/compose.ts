import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { callFolder, callSite, rejectUnknownOptions, service, type OptionNames, type ServiceSpec } from '@moorage/core'
import type { ComposeServices } from './compose-types.ts'
import { readProject, type Project } from './load/read-project.ts'
import { selectServices } from './load/select-services.ts'
import { toServices, type MappedService } from './mapping/to-services.ts'
import { servicesDeclaration, writeChanged } from './write-types.ts'

/** Options of `compose()`. */
export interface ComposeOptions {
  /** Active profiles. Default: those of `COMPOSE_PROFILES`. */
  readonly profiles?: readonly string[]
  /** Only these services and what they depend on. Default: all that the profiles allow. */
  readonly services?: readonly string[]
  /** Variables for `${NAME}` in the files. They take precedence over those of the shell and of `.env`. */
  readonly env?: { readonly [name: string]: string }
  /** `false`: the run has its own services, also where `docker compose up` has started the project. Default: true. */
  readonly attach?: boolean
  /**
   * A file of declarations to write, such as `./compose-services.d.ts`, relative to the calling file: it gives
   * `services()` and the result the names of the services. It is not written where `CI` is set. Default: none, and any
   * name counts.
   */
  readonly types?: string
}

const OPTIONS: OptionNames<ComposeOptions> = { profiles: true, services: true, env: true, attach: true, types: true }

/**
 * The services of a compose file, for `defineConfig({ services: compose('compose.yaml') })`. Several files are merged
 * in their order. A folder stands for its compose file with the override. A relative path starts at the folder of the
 * calling file. Warnings go to stderr. Throws `MoorageError`: CONFIG_NOT_FOUND without a file, CONFIG_INVALID with the
 * line of what cannot be used.
 */
export function compose<const Path extends string | readonly string[] = '.'>(
  path?: Path,
  options: ComposeOptions = {},
): ComposeServices<Path> {
  rejectUnknownOptions('compose', options, OPTIONS)
  const named: readonly string[] = [path ?? '.'].flat()
  const base = callFolder(callSite(compose)) ?? process.cwd()
  const { services, warnings } = readServices(
    named.map((file) => resolve(base, file)),
    options,
  )
  for (const warning of warnings) warnOnce(warning)
  const { types } = options
  if (types !== undefined && named.length === 1 && !process.env['CI'])
    writeChanged(resolve(base, types), servicesDeclaration(named[0] ?? '.', services))
  const entries = services.map(({ key, spec }) => [key, service('compose', spec, shapeOf(spec))] as const)
  return Object.fromEntries(entries) as ComposeServices<Path>
}

/** The services of compose files, and what was not done as it is written. */
export function readServices(
  paths: readonly string[],
  options: ComposeOptions = {},
): { readonly project: Project; readonly services: readonly MappedService[]; readonly warnings: readonly string[] } {
  const [first] = paths
  const isFolder =
    first !== undefined && paths.length === 1 && statSync(first, { throwIfNoEntry: false })?.isDirectory()
  const env = { ...process.env, ...options.env }
  const project = readProject(isFolder ? { files: [], folder: first, env } : { files: paths, env })
  const chosen = (options.profiles ?? []).map((name) => ({ name, by: 'compose({ profiles })' }))
  const named = (env['COMPOSE_PROFILES'] ?? project.variables['COMPOSE_PROFILES'] ?? '').split(',').filter(Boolean)
  const profiles = options.profiles ? chosen : named.map((name) => ({ name: name.trim(), by: 'COMPOSE_PROFILES' }))
  const selection = options.services ? { profiles, services: options.services } : { profiles }
  project.findings.throwRefused()
  const services = toServices(project, selectServices(project, selection), { attach: options.attach ?? true })
  project.findings.throwRefused()
  return { project, services, warnings: project.findings.warnings }
}

/** The fields of a connection that other services can refer to. */
function shapeOf({ ports }: ServiceSpec): object {
  const each = Object.keys(ports).map((name) => [name, { host: 0, port: 0 }] as const)
  return { host: 0, port: 0, url: 0, username: 0, password: 0, database: 0, ports: Object.fromEntries(each) }
}

const warned = new Set<string>()

function warnOnce(warning: string): void {
  if (warned.has(warning)) return
  warned.add(warning)
  process.stderr.write(`moorage: ${warning}\n`)
}
