import { spawnSync } from 'node:child_process'
import type { ProgramContext } from '@moorage/core'

/** A plain process is the version that is there: says so where the user has asked for another. */
export function tellVersion(
  { service, options, notice }: ProgramContext,
  runs: { readonly program: string } | { readonly instead: string },
): void {
  const { version } = options
  if (typeof version !== 'string') return
  if ('instead' in runs)
    return notice(`services.${service}.version: '${version}' was asked for; as a plain process it is ${runs.instead}.`)
  const installed = /\d+(\.\d+)+/.exec(spawnSync(runs.program, ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[0]
  const numbers = /^\d+(\.\d+)*/.exec(version)?.[0]
  if (installed !== undefined && numbers !== undefined && `${installed}.`.startsWith(`${numbers}.`)) return
  notice(
    `services.${service}.version: '${version}' was asked for; as a plain process it is what is installed, ${installed ?? 'a version that it does not tell'}.`,
  )
}
