import { callSiteOutside } from './call-site.ts'
import { MoorageError } from '../contract/errors.ts'
import type { AnyService, Ref } from '../contract/config-types.ts'

// Symbol.for: two copies of moorage in one process recognise each other's references.
const REF = Symbol.for('moorage.ref')
const SERVICE = Symbol.for('moorage.service')

/** The service behind a handle that a preset returned. */
export interface ServiceOwner {
  readonly preset: string
  /** The `ServiceSpec`, in which references are still objects. */
  readonly spec: object
  /** `file:line:column` of the call of the preset, for messages. */
  readonly at: string | undefined
}

/** What a reference stands for: a field of a service's connection, or of its own address, or text with references. */
export type RefTarget =
  | { readonly owner: ServiceOwner; readonly path: readonly string[] }
  | { readonly self: readonly string[] }
  | { readonly parts: readonly unknown[] }

/** Turns the spec of a preset into the handle that it returns. Each property path of the handle is a reference. */
export function service(preset: string, spec: object, shape: object): AnyService {
  const owner: ServiceOwner = { preset, spec, at: callSiteOutside(service) }
  return Object.defineProperty(createRefs(owner, shape, []), SERVICE, { value: owner }) as unknown as AnyService
}

/** Builds a string that contains references: ref`${db.url}/shop`. */
export function ref(
  text: TemplateStringsArray,
  ...values: readonly (string | number | Ref<string | number>)[]
): Ref<string> {
  if (!Array.isArray(text) || !('raw' in text))
    throw new MoorageError('CONFIG_INVALID', 'ref is called as a function, but it is a template tag.', {
      hint: 'Write ref`${db.url}/shop`, or use the value itself: db.url.',
    })
  const parts = text
    .flatMap((part, i) => (i < values.length ? [part, values[i]] : [part]))
    .filter((part) => part !== '')
  return reference({ parts }, 'ref`…`')
}

/**
 * The address at which this machine, and so the tests, will reach a port of the service in whose options it stands: for
 * a server that tells its clients where to connect. Known before the start. Default: the first port.
 */
export function external(port?: string): { readonly host: Ref<string>; readonly port: Ref<number> } {
  const field = (path: readonly string[]): Ref<never> => reference({ self: ['external', ...path] }, 'external()')
  return { host: field(['host']), port: field(port === undefined ? ['port'] : ['ports', port, 'port']) }
}

export function serviceOwner(value: unknown): ServiceOwner | undefined {
  return (value as { [SERVICE]?: ServiceOwner } | null | undefined)?.[SERVICE]
}

export function refTarget(value: unknown): RefTarget | undefined {
  return typeof value === 'object' && value !== null ? (value as { [REF]?: RefTarget })[REF] : undefined
}

function createRefs(owner: ServiceOwner, shape: object, path: readonly string[]): object {
  const properties = Object.entries(shape).map(([key, sub]: [string, unknown]) => {
    const fieldPath = [...path, key]
    const get = (): object =>
      typeof sub === 'object' && sub !== null
        ? createRefs(owner, sub, fieldPath)
        : reference({ owner, path: fieldPath }, `${owner.preset}().${fieldPath.join('.')}`)
    return [key, { enumerable: true, get }] as const
  })
  return Object.defineProperties({}, Object.fromEntries(properties))
}

// Conversion to a string would yield '[object Object]' and fail far from its cause, so it throws here.
function reference(target: RefTarget, name: string): Ref<never> {
  const throwTooEarly = (): never => {
    throw new MoorageError('CONFIG_INVALID', `${name} has no value until the service runs.`, {
      hint: `In a config write ref\`\${${name}}…\`. In a test call services().`,
    })
  }
  const properties = {
    [REF]: { value: target },
    [Symbol.toPrimitive]: { value: throwTooEarly },
    toJSON: { value: throwTooEarly },
    [Symbol.for('nodejs.util.inspect.custom')]: { value: () => `Ref(${name})` },
  }
  return Object.freeze(Object.defineProperties({}, properties)) as Ref<never>
}
