import type { Program, UnitSpec } from '@moorage/core/provider'

// What a program needs to find others and to print text. Everything else may be a secret, such as a CI token.
const HARMLESS_VARIABLES = /^(PATH|TZ|LANG|LANGUAGE|LC_[A-Z]+)$/

/**
 * The variables of a service: those of the supervisor, of the program and of the config. A program under another uid
 * gets only harmless ones of the supervisor, because every process of that uid can read them.
 */
export function serviceEnvironment({ env, uid }: Program, spec: UnitSpec): NodeJS.ProcessEnv {
  const inherited =
    uid === undefined || uid === process.getuid?.()
      ? process.env
      : Object.fromEntries(Object.entries(process.env).filter(([name]) => HARMLESS_VARIABLES.test(name)))
  return { ...inherited, ...env, ...spec.env }
}
