import { monotonic, within } from '../provider-kit/clock.ts'
import { environOf, type Environ } from '../config/env-variables.ts'
import { MoorageError } from '../contract/errors.ts'
import type { ProvisionOptions } from './provision.ts'
import { requestFor, type Installation } from './open-request.ts'
import { printTo } from './report/console.ts'
import { isAlive } from '../provider-kit/process-identity.ts'
import { join } from './connect.ts'
import type { Status } from '../supervisor/supervised-run.ts'
import { journals } from '../recovery/journal.ts'
import { runFolder } from '../protocol/paths.ts'
import { visit, type Visit } from './inspect.ts'
import { dialSocket, waysOf } from './transport.ts'
import type { AnyConfig } from '../contract/config-types.ts'

// Milliseconds that the answer to a leave may take.
const LEAVE = 8_000

export interface StandUpOptions extends Omit<ProvisionOptions, 'linger'> {
  /** Milliseconds that the run stays without anybody connected. */
  readonly ttl: number
}

/** A run that lives, and a connection to its supervisor. */
export interface Standing {
  readonly run: string
  readonly root: string
  readonly visit: Visit
}

/**
 * Starts the services of a config and leaves them standing: later runs of the same config use them. A run of an older
 * config that stands there is changed into this one. Throws `MoorageError`; then nothing new is left.
 */
export async function standUp(installation: Installation, config: AnyConfig, { ttl, signal, ...options }: StandUpOptions): Promise<Status> {
  const env = options.env ?? process.env
  if (env['MOORAGE_SUPERVISOR'] === 'inline') {
    throw new MoorageError('USAGE', 'With MOORAGE_SUPERVISOR=inline services end with this process: they cannot be left standing.', { hint: 'Unset MOORAGE_SUPERVISOR.' })
  }
  const tell = options.tell ?? printTo(process.stderr)
  const { params, folders } = requestFor(installation, config, { env, shared: true })
  const { socket, log } = folders.place
  const older = journals(folders.runFolder).filter(({ family, owner, places }) => family === params.family && isAlive(owner) && places.at(-1)?.socket !== socket)
  const [from] = older.flatMap(({ places }) => places.at(-1) ?? [])
  const membership = await join(params, { ways: waysOf(folders, env), log, tell, from: from && (await dialSocket(from.socket)), ...(signal ? { signal } : {}) })
  await membership.call('keep', { ms: ttl })
  const status = (await membership.call('status', null)) as unknown as Status
  // Its timer holds the process until the answer is there.
  const failures = await within(membership.leave(), { clock: monotonic, ms: LEAVE, late: () => [] })
  for (const text of failures) tell({ kind: 'notice', text })
  return status
}

/** Every run that lives, or those of one project. Close each visit. */
export async function standing(env: Environ, root?: string): Promise<readonly Standing[]> {
  const alive = journals(runFolder(env)).filter(({ run, root: its, owner }) => run && (root === undefined || its === root) && isAlive(owner))
  const found = await Promise.all(
    alive.map(async ({ run, root: its, places }) => {
      const visited = await visit(places.at(-1) as (typeof places)[number])
      return visited ? [{ run, root: its, visit: visited }] : []
    }),
  )
  return found.flat()
}

/** Every variable of a run. */
export function variablesOf({ run, hash, identity, variables, connections }: Status): { readonly [name: string]: string } {
  return environOf({ run, hash, identity, variables: Object.values(variables), services: connections }, variables)
}
