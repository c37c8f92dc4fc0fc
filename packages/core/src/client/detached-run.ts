import { monotonicClock, withTimeout } from '../provider-kit/clock.ts'
import type { EnvVariables } from '../config/env-variables.ts'
import { buildVariables } from '../config/payload.ts'
import { MoorageError } from '../contract/errors.ts'
import type { ProvisionOptions } from './provision.ts'
import { createOpenRequest, type Installation } from './open-request.ts'
import { progressPrinter } from './report/console.ts'
import { isAlive } from '../provider-kit/process-identity.ts'
import { connect } from './connect.ts'
import type { RunStatus } from '../supervisor/supervised-run.ts'
import { journals } from '../recovery/journal.ts'
import { runFolder } from '../protocol/paths.ts'
import { inspectRun, type Inspector } from './inspect.ts'
import { dialSocket, createTransport } from './transport.ts'
import type { AnyConfig } from '../contract/config-types.ts'

// Milliseconds that the answer to a leave may take.
const LEAVE_TIMEOUT_MS = 8_000

export interface DetachedOptions extends Omit<ProvisionOptions, 'linger'> {
  /** Milliseconds that the run stays without anybody connected. */
  readonly ttl: number
}

/** A run that lives, and a connection to its supervisor. */
export interface LiveRun {
  readonly run: string
  readonly root: string
  readonly inspector: Inspector
}

/**
 * Starts the services of a config and leaves them standing: later runs of the same config use them. A run of an older
 * config that stands there is changed into this one. Throws `MoorageError`; then nothing new is left.
 */
export async function startDetached(
  installation: Installation,
  config: AnyConfig,
  { ttl, signal, ...options }: DetachedOptions,
): Promise<RunStatus> {
  const env = options.env ?? process.env
  if (env['MOORAGE_SUPERVISOR'] === 'inline') {
    throw new MoorageError(
      'USAGE',
      'With MOORAGE_SUPERVISOR=inline services end with this process: they cannot be left standing.',
      { hint: 'Unset MOORAGE_SUPERVISOR.' },
    )
  }
  const onProgress = options.onProgress ?? progressPrinter(process.stderr)
  const { params, folders } = createOpenRequest(installation, config, { env, shared: true })
  const { socket, log } = folders.place
  const older = journals(folders.runFolder).filter(
    ({ family, owner, places }) => family === params.family && isAlive(owner) && places.at(-1)?.socket !== socket,
  )
  const [from] = older.flatMap(({ places }) => places.at(-1) ?? [])
  const membership = await connect(params, {
    transport: createTransport(folders, env),
    log,
    onProgress,
    from: from && (await dialSocket(from.socket)),
    ...(signal ? { signal } : {}),
  })
  await membership.call('keep', { ms: ttl })
  const status = (await membership.call('status', null)) as unknown as RunStatus
  // Its timer holds the process until the answer is there.
  const failures = await withTimeout(membership.leave(), {
    clock: monotonicClock,
    ms: LEAVE_TIMEOUT_MS,
    late: () => [],
  })
  for (const text of failures) onProgress({ kind: 'notice', text })
  return status
}

/** Every run that lives, or those of one project. Close each visit. */
export async function listRuns(env: EnvVariables, root?: string): Promise<readonly LiveRun[]> {
  const alive = journals(runFolder(env)).filter(
    ({ run, root: its, owner }) => run && (root === undefined || its === root) && isAlive(owner),
  )
  const found = await Promise.all(
    alive.map(async ({ run, root: its, places }) => {
      const visited = await inspectRun(places.at(-1) as (typeof places)[number])
      return visited ? [{ run, root: its, inspector: visited }] : []
    }),
  )
  return found.flat()
}

/** Every variable of a run. */
export function runVariables({ run, hash, identity, variables, connections }: RunStatus): {
  readonly [name: string]: string
} {
  return buildVariables({ run, hash, identity, variables: Object.values(variables), services: connections }, variables)
}
