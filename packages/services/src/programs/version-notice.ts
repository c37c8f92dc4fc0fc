import { spawnSync } from 'node:child_process'
import type { ProgramContext } from '@moorage/core'

/** A plain process always runs the installed version. Gives a notice if the user requested another one. */
export function reportVersionMismatch(
  { service, options, notice }: ProgramContext,
  actual: { readonly program: string } | { readonly instead: string },
): void {
  const { version } = options
  if (typeof version !== 'string') return
  if ('instead' in actual)
    return notice(
      `services.${service}.version: '${version}' was requested, but a plain process runs ${actual.instead}.`,
    )
  const installed = /\d+(\.\d+)+/.exec(spawnSync(actual.program, ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[0]
  const numbers = /^\d+(\.\d+)*/.exec(version)?.[0]
  if (installed !== undefined && numbers !== undefined && `${installed}.`.startsWith(`${numbers}.`)) return
  notice(
    `services.${service}.version: '${version}' was requested, but a plain process runs the installed version, ${installed ?? 'which is unknown'}.`,
  )
}
