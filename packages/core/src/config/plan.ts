import { existsSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { completeBuild, withoutBuildPaths, type BuildPlace } from '../build/complete-build.ts'
import { checkProbes } from './check-probes.ts'
import { checkHostPorts, checkSettings } from './check-settings.ts'
import { checkTexts } from './check-texts.ts'
import { optionPath } from './option-path.ts'
import { MoorageError } from '../contract/errors.ts'
import { cachedFileHash, hashOf } from './content-hash.ts'
import { requireDriver } from './require-driver.ts'
import type { Json } from '../contract/json.ts'
import { findCycle, resolveNeeds, type Needs } from './dependencies.ts'
import type { ProviderRef } from '../contract/provider.ts'
import { checkDeadlines } from './deadlines.ts'
import type { ServiceSpec } from '../contract/service.ts'
import { urlVariable, type EnvVariables } from './url-variables.ts'
import { collectInputs, type Inputs } from './hash-inputs.ts'
import { mirroredName } from '../provider-kit/image-name.ts'
import { givenServices } from './given-services.ts'
import type { AnyConfig } from '../contract/config-types.ts'

/** A checked and completed config: everything that the supervisor needs to know, as plain data. */
export interface Plan {
  readonly services: { readonly [name: string]: PlannedService }
  readonly provider?: ProviderRef
  /** The providers whose options the config gives without choosing them. */
  readonly configured?: readonly ProviderRef[]
  /** Absolute path of the project. */
  readonly root: string
  /** Of the services and the provider. */
  readonly hash: string
}

export interface PlannedService {
  readonly spec: ServiceSpec
  readonly needs: Needs
  /** The environment variable for its URL. */
  readonly variable: string
  /** The URL that the user has set in that variable: the user runs the service, and moorage does not start it. */
  readonly given?: string
  /** What the hash covers, by name. */
  readonly inputs: Inputs
  /** Of the fields above. A service whose hash has changed is restarted. */
  readonly hash: string
}

/**
 * Checks a config and completes it. Reads the files that the config names, and has no side effects. Throws
 * `MoorageError` (CONFIG_INVALID).
 */
export function createPlan(config: AnyConfig, env: EnvVariables): Plan {
  const givenUrls = new Map(givenServices(config, env).map(({ service, url }) => [service, url]))
  const serviceByVariable = new Map<string, string>()
  const services: Record<string, PlannedService> = {}
  const fileHash = cachedFileHash()
  for (const [name, raw] of Object.entries(config.services)) {
    const given = givenUrls.get(name)
    const written = withAbsoluteFiles(raw as unknown as Json, `services.${name}`, config.root) as unknown as ServiceSpec
    const mirror = config.imageMirror ?? env['MOORAGE_IMAGE_MIRROR']
    const spec = given ? written : withImage(name, written, { root: config.root, env, mirror })
    checkTexts(name, spec)
    checkSettings(name, spec)
    checkProbes(name, spec)
    const variable = urlVariable(name, spec)
    checkDeadlines(name, spec.deadlines)
    const other = serviceByVariable.get(variable)
    if (other)
      throw invalid(
        `services.${name} and services.${other} both set ${variable}.`,
        `Set another variable for one of them: as: 'OTHER_URL'.`,
      )
    serviceByVariable.set(variable, name)
    if (spec.isolate && !given) requireDriver(name, spec.isolate, config.root)
    const planned = {
      spec,
      needs: resolveNeeds(name, spec, config.services),
      variable,
      ...(given ? { given: checkedUrl(name, variable, given) } : {}),
      inputs: collectInputs(spec, config.root, fileHash),
    }
    // The first port is the main one, so the order counts, but canonical JSON does not preserve it.
    const hashed = { ...planned, spec: withoutBuildPaths(spec), ports: Object.keys(spec.ports) }
    services[name] = { ...planned, hash: hashOf(hashed as unknown as Json, fileHash) }
  }
  checkHostPorts(services)
  const cycle = findCycle(services)
  if (cycle) {
    const path = [...cycle, cycle[0]].map((name) => `services.${name}`).join(' → ')
    throw invalid(
      `${path}: these services need each other in a cycle, so none can start first.`,
      'Remove one reference or one entry in needs.',
    )
  }
  const { root, provider, configured } = config
  const hashes = Object.fromEntries(Object.entries(services).map(([name, planned]) => [name, planned.hash]))
  const hash = hashOf({
    services: hashes,
    provider: provider ?? null,
    configured: configured ?? null,
  } as unknown as Json)
  return { services, root, hash, ...(provider ? { provider } : {}), ...(configured ? { configured } : {}) }
}

/** Completes a build, or names an image of Docker Hub behind the mirror. */
function withImage(
  name: string,
  spec: ServiceSpec,
  { mirror, ...place }: Omit<BuildPlace, 'at'> & { readonly mirror: string | undefined },
): ServiceSpec {
  const { container } = spec
  if (!container) return spec
  const image =
    typeof container.image === 'object'
      ? completeBuild(container.image, { ...place, at: `services.${name}.image` })
      : mirroredName(container.image, mirror)
  return { ...spec, container: { ...container, image } }
}

function withAbsoluteFiles(value: Json, at: string, root: string): Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item: Json, i) => withAbsoluteFiles(item, `${at}[${i}]`, root))
  const file = (value as { $file?: Json }).$file
  if (typeof file !== 'string') {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, withAbsoluteFiles(item as Json, `${at}.${key}`, root)]),
    )
  }
  const path = file.startsWith('file:') ? fileURLToPath(file) : isAbsolute(file) ? file : join(root, file)
  const option = (value as { $option?: string }).$option
  const key = option === undefined ? optionPath(at) : at.replace(/^(services\.[^.]+).*/, `$1.${option}`)
  if (!existsSync(path))
    throw invalid(`${key}: ${path} does not exist.`, 'Create it (a build may have to run first), or correct the path.')
  return { $file: path }
}

function checkedUrl(name: string, variable: string, text: string): string {
  // Drivers accept more than RFC 3986, so anything with a scheme is passed on as it is.
  if (/^[a-z][a-z0-9+.-]*:./i.test(text)) return text
  throw invalid(
    `${variable} is set, but its value is not a URL.`,
    `Unset ${variable} to let moorage start services.${name}, or set it to the URL of a running service.`,
  )
}

function invalid(message: string, hint: string): MoorageError {
  return new MoorageError('CONFIG_INVALID', message, { hint })
}
