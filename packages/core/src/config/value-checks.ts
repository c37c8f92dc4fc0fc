import { isIP } from 'node:net'
import { MoorageError, messageOf } from '../contract/errors.ts'
import { unknownName } from './unknown-options.ts'

/** Throws `MoorageError` (CONFIG_INVALID) for a value that cannot be right; `at` is its key. */
export type Check = (at: string, value: unknown) => void

type Fields = { readonly [name: string]: unknown }

export const text: Check = (at, value) => {
  if (typeof value !== 'string')
    throw invalid(`${at} is ${shown(value)}, but must be a string.`, 'Write a string in quotes.')
}

export const flag: Check = (at, value) => {
  if (typeof value !== 'boolean')
    throw invalid(`${at} is ${shown(value)}, but must be true or false.`, 'Write true, or omit it.')
}

export const pattern: Check = (at, value) => {
  text(at, value)
  try {
    new RegExp(String(value))
  } catch (cause) {
    throw invalid(`${at} is not a regular expression: ${messageOf(cause)}.`, 'Escape characters such as ( and [.')
  }
}

/** A string that matches. `what` is a noun with its article, `example` a value in quotes. */
export function textLike(
  expression: RegExp,
  { what, example }: { readonly what: string; readonly example: string },
): Check {
  return (at, value) => {
    if (typeof value !== 'string' || !expression.test(value))
      throw invalid(`${at} is ${shown(value)}, which is not ${what}.`, `Write ${example}.`)
  }
}

/** A whole number from `min`. */
export function wholeNumber(min: number): Check {
  return (at, value) => {
    if (!Number.isInteger(value) || Number(value) < min)
      throw invalid(
        `${at} is ${shown(value)}, but must be a whole number from ${min}.`,
        `Write a number, such as ${Math.max(min, 1)}.`,
      )
  }
}

export const positiveNumber: Check = (at, value) => {
  if (typeof value !== 'number' || !(value > 0) || !Number.isFinite(value))
    throw invalid(`${at} is ${shown(value)}, but must be a number above 0.`, 'Write a number, such as 0.5.')
}

export const portNumber: Check = (at, value) => {
  if (!Number.isInteger(value) || Number(value) < 1 || Number(value) > 65_535)
    throw invalid(`${at} is ${shown(value)}, which is not a port.`, 'Write a number from 1 to 65535.')
}

export const address: Check = (at, value) => {
  if (typeof value !== 'string' || !isIP(value))
    throw invalid(`${at} is ${shown(value)}, which is not an IP address.`, "Write an address, such as '192.0.2.1'.")
}

export const absolutePath: Check = textLike(/^\/(?!.*(^|\/)\.\.?(\/|$))/, {
  what: 'an absolute path in the container',
  example: "a path such as '/data'",
})

// With underscores, which resolvers take and compose files have.
export const hostName: Check = textLike(
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?)*$/i,
  {
    what: 'a host name',
    example: "letters, digits and dashes, such as 'api'",
  },
)

export function oneOf(...values: readonly string[]): Check {
  return (at, value) => {
    if (typeof value !== 'string' || !values.includes(value))
      throw invalid(
        `${at} is ${shown(value)}, which is not a known value.`,
        `Write one of ${values.map((each) => `'${each}'`).join(', ')}.`,
      )
  }
}

export function listOf(check: Check): Check {
  return (at, value) => {
    if (!Array.isArray(value))
      throw invalid(`${at} is ${shown(value)}, but must be a list.`, 'Write its items in brackets: [ … ].')
    value.forEach((item: unknown, i) => check(`${at}[${i}]`, item))
  }
}

/** An object of values by name. `name` checks the names. */
export function recordOf(check: Check, name: Check = () => {}): Check {
  return (at, value) => {
    for (const [key, item] of Object.entries(expectObject(at, value))) {
      const itemAt = `${at}[${shown(key)}]`
      name(`${at}: the name`, key)
      check(/^\w+$/.test(key) ? `${at}.${key}` : itemAt, item)
    }
  }
}

/** An object with these fields, of which some are required. A field that is undefined counts as absent. */
export function fieldsOf(checks: { readonly [field: string]: Check }, required: readonly string[] = []): Check {
  return (at, value) => {
    const fields = expectObject(at, value)
    for (const [name, item] of Object.entries(fields)) {
      if (item === undefined) continue
      const check = Object.hasOwn(checks, name) ? checks[name] : undefined
      if (!check) throw unknownName(`${at}.${name}`, { kind: 'field', name, known: Object.keys(checks) })
      check(`${at}.${name}`, item)
    }
    const missing = required.find((name) => fields[name] === undefined)
    if (missing !== undefined)
      throw invalid(`${at}.${missing} is missing.`, `Its fields are ${Object.keys(checks).join(', ')}.`)
  }
}

function expectObject(at: string, value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw invalid(`${at} is ${shown(value)}, but must be an object.`, 'Write its fields in braces: { … }.')
}

export function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value)
}

export function invalid(message: string, hint: string): MoorageError {
  return new MoorageError('CONFIG_INVALID', message, { hint })
}
