import { MoorageError } from '../contract/errors.ts'
import type { ServiceSpec } from '../contract/service.ts'
import { optionPath } from './option-path.ts'
import { isTemplate } from './find-templates.ts'

const FORMS = ['container', 'process'] as const

/**
 * Throws `MoorageError` (CONFIG_INVALID) for a variable or an argument that is no text. Otherwise such a value would
 * fail once other services have started.
 */
export function checkTexts(service: string, spec: ServiceSpec): void {
  for (const form of FORMS) {
    const { env, command, entrypoint } = (spec[form] ?? {}) as { readonly [option: string]: unknown }
    const at = (option: string): string => optionPath(`services.${service}.${form}.${option}`)
    checkVariables(at('env'), env)
    checkArguments(at('command'), command)
    checkArguments(at('entrypoint'), entrypoint)
  }
}

/** Throws `MoorageError` (CONFIG_INVALID) for anything but a string, a number or a reference. */
export function checkText(at: string, value: unknown): void {
  if (typeof value === 'string' || typeof value === 'number') return
  if (typeof value === 'object' && value !== null && isTemplate(value as never)) return
  throw invalid(`${at} is ${describe(value)}, but must be text.`, textHint(value))
}

function checkVariables(at: string, env: unknown): void {
  if (env === undefined) return
  if (typeof env !== 'object' || env === null || Array.isArray(env))
    throw invalid(`${at} is ${describe(env)}, but must be an object of variables.`, "Write env: { NAME: 'value' }.")
  for (const [name, value] of Object.entries(env)) checkText(`${at}.${name}`, value)
}

function checkArguments(at: string, list: unknown): void {
  if (list === undefined) return
  if (!Array.isArray(list))
    throw invalid(
      `${at} is ${describe(list)}, but must be a list of strings.`,
      "Write one item for each argument, such as ['node', 'server.js'].",
    )
  list.forEach((item, i) => checkText(`${at}[${i}]`, item))
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' && value !== null ? 'an object' : JSON.stringify(value)
}

function textHint(value: unknown): string {
  if (Array.isArray(value)) return "Join its items: [ … ].join(',')."
  if (typeof value === 'boolean') return `Write '${value}', or what the program expects.`
  if (typeof value === 'object' && value !== null) return 'Write its text: JSON.stringify(…).'
  return 'Give a string, a number or a reference, or omit it.'
}

function invalid(message: string, hint: string): MoorageError {
  return new MoorageError('CONFIG_INVALID', message, { hint })
}
