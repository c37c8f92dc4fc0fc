import { callSite } from './call-site.ts'
import { MoorageError } from '../contract/errors.ts'
import type { AnyService, Ref } from '../contract/config-types.ts'

// Symbol.for: two copies of moorage in one tree still understand each other.
const REF = Symbol.for('moorage.ref')
const SERVICE = Symbol.for('moorage.service')

/** What stands behind a service's handle. */
export interface ServiceOwner {
  readonly preset: string
  /** The spec, references still inside. */
  readonly spec: object
  /** `file:line:column` of the preset's call, for messages. */
  readonly at: string | undefined
}

/** What stands behind a reference: a place in another service's connection, or text with references inside. */
export type RefTarget =
  | { readonly owner: ServiceOwner; readonly path: readonly string[] }
  | { readonly parts: readonly unknown[] }

/** For authors of presets: data in, out comes a handle whose every property path is a reference. */
export function service(preset: string, spec: object, shape: object): AnyService {
  const owner: ServiceOwner = { preset, spec, at: callSite(service) }
  return Object.defineProperty(createRefs(owner, shape, []), SERVICE, { value: owner }) as unknown as AnyService
}

/** A string with references inside: ref`${db.url}/shop`. */
export function ref(
  text: TemplateStringsArray,
  ...values: readonly (string | number | Ref<string | number>)[]
): Ref<string> {
  const parts = text
    .flatMap((part, i) => (i < values.length ? [part, values[i]] : [part]))
    .filter((part) => part !== '')
  return reference({ parts }, 'ref`…`')
}

export function serviceOwner(value: unknown): ServiceOwner | undefined {
  return (value as { [SERVICE]?: ServiceOwner } | null | undefined)?.[SERVICE]
}

export function refTarget(value: unknown): RefTarget | undefined {
  return typeof value === 'object' && value !== null ? (value as { [REF]?: RefTarget })[REF] : undefined
}

function createRefs(owner: ServiceOwner, shape: object, path: readonly string[]): object {
  const properties = Object.entries(shape).map(([key, sub]: [string, unknown]) => {
    const at = [...path, key]
    const get = (): object =>
      typeof sub === 'object' && sub !== null
        ? createRefs(owner, sub, at)
        : reference({ owner, path: at }, `${owner.preset}().${at.join('.')}`)
    return [key, { enumerable: true, get }] as const
  })
  return Object.defineProperties({}, Object.fromEntries(properties))
}

// Text made of a reference too early would read '[object Object]' somewhere far away: refuse here.
function reference(target: RefTarget, name: string): Ref<never> {
  const refuse = (): never => {
    throw new MoorageError('CONFIG_INVALID', `${name} is not known until the service runs.`, {
      hint: `Inside a config write ref\`\${${name}}…\`; in a test read services().`,
    })
  }
  const properties = {
    [REF]: { value: target },
    [Symbol.toPrimitive]: { value: refuse },
    toJSON: { value: refuse },
    [Symbol.for('nodejs.util.inspect.custom')]: { value: () => `Ref(${name})` },
  }
  return Object.freeze(Object.defineProperties({}, properties)) as Ref<never>
}
