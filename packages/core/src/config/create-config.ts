import { resolve } from 'node:path'
import { callFolder, callSite } from './call-site.ts'
import { checkedProvider, chosenProvider } from './provider-option.ts'
import { requireNode } from './require-node.ts'
import { rejectUnknownOptions, type OptionNames } from './unknown-options.ts'
import { MoorageError } from '../contract/errors.ts'
import { optionPath } from './option-path.ts'
import type { Json } from '../contract/json.ts'
import { serviceOwner, refTarget, type ServiceOwner } from './reference.ts'
import { MAX_RETENTION_MS } from './duration.ts'
import type { ProviderRef } from '../contract/provider.ts'
import type { ServiceSpec } from '../contract/service.ts'
import type { AnyService, Config, ConfigOptions } from '../contract/config-types.ts'

type Names = ReadonlyMap<ServiceOwner, string>

// Keys become part of host names, file names and variable names.
const SERVICE_KEY = /^[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?$/i

/** What surrounds a call of `defineConfig`. */
export interface ConfigCall {
  /** The function that the user's file calls. */
  readonly caller: (...args: never[]) => unknown
  /** The providers whose options the config gives. */
  readonly configured?: readonly ProviderRef[]
}

/**
 * Describes the services of a project. The result is plain data: every service has its key as a name, and every
 * reference is `{ $ref: [name, ...path] }`. Throws `MoorageError` (CONFIG_INVALID) that names the key at fault.
 */
export function createConfig<const S extends { readonly [name: string]: AnyService }>(
  options: ConfigOptions<S>,
  { caller, configured = [] }: ConfigCall,
): Config<S> {
  requireNode()
  rejectUnknownOptions('defineConfig', options, OPTIONS)
  const names = nameServices(options.services)
  const services: Record<string, ServiceSpec> = {}
  for (const [owner, name] of names)
    services[name] = toPlainData(owner.spec, `services.${name}`, names) as unknown as ServiceSpec
  const root = resolve(callFolder(callSite(caller)) ?? process.cwd(), options.root ?? '.')
  const provider = checkedProvider(options.provider)
  const config = {
    services,
    root,
    ...(provider ? { provider: chosenProvider(provider, configured) } : {}),
    ...(configured.length ? { configured } : {}),
    ...checkedRetention(options),
    ...(options.imageMirror ? { imageMirror: options.imageMirror } : {}),
  }
  return config as unknown as Config<S>
}

/** Every option of `defineConfig`, except those that are named after a provider. */
const OPTIONS: OptionNames<ConfigOptions<unknown>> = {
  services: true,
  provider: true,
  root: true,
  keep: true,
  keepFor: true,
  imageMirror: true,
}

function checkedRetention({ keep, keepFor }: { readonly keep?: unknown; readonly keepFor?: unknown }): {
  readonly keep?: 'on-failure'
  readonly keepFor?: number
} {
  if (keep !== undefined && keep !== 'on-failure')
    throw invalid(`keep: ${JSON.stringify(keep)} is not a known value.`, "Write keep: 'on-failure', or omit it.")
  const valid = keepFor === undefined || (typeof keepFor === 'number' && keepFor > 0 && keepFor <= MAX_RETENTION_MS)
  if (!valid)
    throw invalid(
      `keepFor: ${JSON.stringify(keepFor)} is not a valid time to keep services.`,
      'Give milliseconds, at most 86,400,000 (24 h).',
    )
  return { ...(keep ? { keep } : {}), ...(typeof keepFor === 'number' ? { keepFor } : {}) }
}

function nameServices(services: unknown): Names {
  const names = new Map<ServiceOwner, string>()
  if (services !== undefined && !isPlainObject(services))
    throw invalid('services is not a plain object.', "Write services: { db: postgres() }. '__proto__' cannot be a key.")
  for (const [name, handle] of Object.entries(services ?? {})) {
    if (!SERVICE_KEY.test(name)) {
      throw invalid(
        `services.${name}: a service key must start with a letter and contain only letters, digits and dashes, at most 30 characters.`,
        'Rename the key.',
      )
    }
    // Such a name would be found in every object, in the config's and in the tests'.
    if (name in Object.prototype)
      throw invalid(`services.${name}: every JavaScript object has a property of that name.`, 'Rename the key.')
    const owner = serviceOwner(handle)
    if (!owner) {
      throw invalid(
        `services.${name} is not a service.`,
        "The result of a preset cannot be spread or copied. Pass the options to the preset, as in postgres({ version: '17' }).",
      )
    }
    const previous = names.get(owner)
    if (previous)
      throw invalid(
        `services.${name} and services.${previous} are the same service.`,
        'Call the preset once for each of them.',
      )
    const clash = [...names.values()].find((other) => other.toLowerCase() === name.toLowerCase())
    if (clash)
      throw invalid(
        `services.${name} and services.${clash} differ only in case.`,
        'Rename one of them: host names are case-insensitive.',
      )
    names.set(owner, name)
  }
  if (!names.size) throw invalid('services is empty.', 'Add at least one: services: { db: postgres() }.')
  return names
}

function toPlainData(value: unknown, at: string, names: Names): Json | undefined {
  const target = refTarget(value)
  if (target) {
    if ('parts' in target) return { $join: target.parts.map((part) => toPlainData(part, at, names) as Json) }
    if ('self' in target) return { $self: target.self }
    return { $ref: [nameOf(target.owner, target.path, at, names), ...target.path] }
  }
  if (serviceOwner(value)) throw invalid(`${optionPath(at)} is a service.`, 'Use one of its fields, such as db.url.')
  if (Array.isArray(value)) return value.map((item, i) => toPlainData(item, `${at}[${i}]`, names) as Json)
  if (typeof value === 'object' && value !== null) {
    if (!isPlainObject(value)) throw notPlain(value, at)
    const entries = Object.entries(value).map(([key, item]) => [key, toPlainData(item, `${at}.${key}`, names)] as const)
    return Object.fromEntries(entries.filter(([, item]) => item !== undefined)) as Json
  }
  if (typeof value === 'function' || typeof value === 'bigint' || typeof value === 'symbol') {
    throw invalid(
      `${optionPath(at)} is a ${typeof value}, but a service consists of plain data.`,
      'Give a string, a number, or the path of a module.',
    )
  }
  if (typeof value === 'number' && !Number.isFinite(value))
    throw invalid(`${optionPath(at)} is ${value}.`, 'Give a finite number.')
  return value as Json | undefined
}

/** Objects of a class would lose their content: a URL or a Date has no properties of its own. */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  // The prototype of an object of another realm has no prototype either.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function notPlain(value: object, at: string): MoorageError {
  const { name } = value.constructor
  const ways: { readonly [name: string]: string } = {
    URL: 'Write its text: url.href.',
    Date: 'Write its text: date.toISOString().',
  }
  return invalid(
    `${optionPath(at)} is a ${name}, but a service consists of plain data.`,
    (Object.hasOwn(ways, name) && ways[name]) || 'Give a string, a number, or the path of a module.',
  )
}

function nameOf(owner: ServiceOwner, path: readonly string[], at: string, names: Names): string {
  const name = names.get(owner)
  if (name) return name
  const origin = owner.at ? ` (created at ${owner.at})` : ''
  throw invalid(
    `${optionPath(at)} uses ${owner.preset}().${path.join('.')}${origin}, but that service is not in the config.`,
    `Add it to services, which has ${[...names.values()].join(', ')}.`,
  )
}

function invalid(message: string, hint: string): MoorageError {
  return new MoorageError('CONFIG_INVALID', message, { hint })
}
